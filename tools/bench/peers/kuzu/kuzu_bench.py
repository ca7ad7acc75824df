# SPDX-License-Identifier: Apache-2.0
"""Asks Kuzu, on one thread, what the bench of our own language asks.

Arguments: folder of nodes.csv and edges.csv, an empty folder for the database, name of a node, names of the nodes 15
and 5 steps from it. Prints "measure<TAB>milliseconds<TAB>count".
"""
import statistics
import sys
import time

import kuzu

data, database, start, far, near = sys.argv[1:6]
connection = kuzu.Connection(kuzu.Database(database), num_threads=1)
with open(f"{data}/nodes.csv", encoding="utf-8") as nodes:
    keys = nodes.readline().strip().split(",")
numbers = {"MTU", "IfIndex", "Speed", "ParentIndex"}
columns = ", ".join(f"{key} {'INT64' if key in numbers else 'STRING'}" for key in keys)
connection.execute(f"CREATE NODE TABLE Node({columns}, PRIMARY KEY ({keys[0]}))")
connection.execute("CREATE REL TABLE Link(FROM Node TO Node, RelationType STRING)")
connection.execute(f'COPY Node FROM "{data}/nodes.csv" (HEADER=true)')
connection.execute(f'COPY Link FROM "{data}/edges.csv" (HEADER=true)')


def measure(name, runs, query, parameters=None, scalar=False):
    prepared = connection.prepare(query)
    times = []
    count = 0
    for i in range(-2, runs):
        begin = time.perf_counter()
        result = connection.execute(prepared, parameters or {})
        if scalar:
            count = result.get_next()[0]
        else:
            count = len(result.get_all())
        if i >= 0:
            times.append((time.perf_counter() - begin) * 1000)
    print(f"{name}\t{statistics.median(times):.4f}\t{count}", flush=True)


measure("name", 50, 'MATCH (n:Node) WHERE n.Name = "host-42" RETURN n.*')
measure("type", 20, 'MATCH (n:Node) WHERE n.Type = "veth" RETURN count(*)', scalar=True)
measure("regex", 10, 'MATCH (n:Node) WHERE regexp_full_match(n.Name, "eth.*[37]") RETURN n.ID')
measure("no index", 10, "MATCH (n:Node) WHERE n.IfIndex = 42 RETURN n.ID")
measure("two hops", 10, 'MATCH (n:Node)-[:Link]->()-[:Link]->() WHERE n.Type = "host" RETURN count(*)', scalar=True)
measure("sort", 10, "MATCH (n:Node) RETURN n.ID ORDER BY n.Name LIMIT 10")
path = "MATCH (a:Node)-[e:Link* SHORTEST 1..30]-(b:Node) WHERE a.Name = $a AND b.Name = $b RETURN length(e)"
measure("path 15", 7, path, {"a": start, "b": far}, scalar=True)
measure("path 5", 7, path, {"a": start, "b": near}, scalar=True)
