// SPDX-License-Identifier: Apache-2.0
// Asks TinkerGraph what the bench of our own language asks. Arguments: folder of nodes.csv and edges.csv, name of a
// node, names of the nodes 15 and 5 steps from it. Prints "measure<TAB>milliseconds<TAB>count".
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.tinkerpop.gremlin.process.traversal.TextP;
import org.apache.tinkerpop.gremlin.process.traversal.dsl.graph.GraphTraversalSource;
import org.apache.tinkerpop.gremlin.structure.Vertex;
import org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph;

public class TinkerGraphBench {
  static void measure(String name, int runs, Supplier<Long> query) {
    double[] times = new double[runs];
    long count = 0;
    for (int i = -runs / 2 - 1; i < runs; i++) {
      long start = System.nanoTime();
      count = query.get();
      if (i >= 0) times[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    System.out.printf("%s\t%.4f\t%d%n", name, times[runs / 2], count);
  }

  public static void main(String[] args) throws Exception {
    TinkerGraph graph = TinkerGraph.open();
    graph.createIndex("Name", Vertex.class);
    Map<String, Vertex> byId = new HashMap<>();
    try (BufferedReader nodes = Files.newBufferedReader(Path.of(args[0], "nodes.csv"))) {
      String[] keys = nodes.readLine().split(",");
      for (String line; (line = nodes.readLine()) != null; ) {
        String[] cells = line.split(",");
        Vertex vertex = graph.addVertex();
        for (int i = 1; i < keys.length; i++) {
          boolean number = keys[i].matches("MTU|IfIndex|Speed|ParentIndex");
          vertex.property(keys[i], number ? (Object) Integer.valueOf(cells[i]) : cells[i]);
        }
        byId.put(cells[0], vertex);
      }
    }
    try (BufferedReader edges = Files.newBufferedReader(Path.of(args[0], "edges.csv"))) {
      edges.readLine();
      for (String line; (line = edges.readLine()) != null; ) {
        String[] cells = line.split(",");
        byId.get(cells[0]).addEdge(cells[2], byId.get(cells[1]));
      }
    }
    GraphTraversalSource g = graph.traversal();
    measure("name", 200, () -> (long) g.V().has("Name", "host-42").toList().size());
    measure("type", 20, () -> g.V().has("Type", "veth").count().next());
    measure("regex", 10, () -> (long) g.V().has("Name", TextP.regex("^eth.*[37]$")).toList().size());
    measure("no index", 10, () -> (long) g.V().has("IfIndex", 42).toList().size());
    measure("two hops", 10, () -> g.V().has("Type", "host").out().out().count().next());
    // The nodes within two steps, and the edges between them.
    measure("subgraph", 50, () -> {
      var nodes = g.V().has("Name", "host-42").out().out().dedup().toSet();
      return (long) nodes.size() + 0 * g.V(nodes.toArray()).outE().filter(edge -> nodes.contains(edge.get().inVertex())).toList().size();
    });
    measure("sort", 5, () -> (long) g.V().order().by("Name").limit(10).toList().size());
    for (int i = 2; i < 4; i++) {
      String target = args[i];
      measure(i == 2 ? "path 15" : "path 5", 7, () ->
          (long) g.V().has("Name", args[1]).repeat(org.apache.tinkerpop.gremlin.process.traversal.dsl.graph.__.both().dedup())
              .until(org.apache.tinkerpop.gremlin.process.traversal.dsl.graph.__.has("Name", target))
              .path().limit(1).next().size() - 1);
    }
  }
}
