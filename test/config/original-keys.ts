// SPDX-License-Identifier: Apache-2.0

/**
 * The configuration keys of the original: key, type (s text, i int, b bool, l list, m map, - none documented) and
 * default as JSON. `*` is a name that the user chooses.
 */
export const originalKeys: readonly (readonly [key: string, type: string, defaultJson?: string])[] = `
agent.listen s "127.0.0.1:8081"
agent.auth.api.backend s "noauth"
agent.auth.cluster.username s
agent.auth.cluster.password s
agent.capture.stats_update i 1
agent.flow.probes l ["gopacket","pcapsocket"]
agent.flow.netflow.bind_address s "127.0.0.1"
agent.flow.netflow.port_min i 6365
agent.flow.netflow.port_max i 6375
agent.flow.sflow.bind_address s "127.0.0.1"
agent.flow.sflow.port_min i 6345
agent.flow.sflow.port_max i 6355
agent.flow.pcapsocket.bind_address s "127.0.0.1"
agent.flow.pcapsocket.min_port i 8100
agent.flow.pcapsocket.max_port i 8132
agent.flow.ebpf.polling_rate i 16000
agent.topology.probes l ["ovsdb"]
agent.topology.blockdev.lsblk_path s "/usr/bin/lsblk"
agent.topology.blockdev.iostat_path s
agent.topology.blockdev.iostat_update i
agent.topology.bess.host s "127.0.0.1"
agent.topology.bess.port i 10514
agent.topology.docker.url s "unix:///var/run/docker.sock"
agent.topology.docker.netns.run_path s "/var/run/docker/netns"
agent.topology.libvirt.url s
agent.topology.lldp.interfaces l
agent.topology.netlink.metrics_update i 30
agent.topology.netns.run_path s "/var/run/netns"
agent.topology.neutron.auth_url s
agent.topology.neutron.username s "neutron"
agent.topology.neutron.password s
agent.topology.neutron.tenant_name s "service"
agent.topology.neutron.region_name s "RegionOne"
agent.topology.neutron.domain_name s "Default"
agent.topology.neutron.endpoint_type s "public"
agent.topology.neutron.ssl_insecure b false
agent.topology.runc.run_path l ["/run/containerd/runc","/run/runc","/run/runc-ctrs"]
agent.topology.socketinfo.host_update i 10
agent.topology.vpp.connect s ""
agent.metadata m
agent.metadata_config.files -
analyzer.listen s "127.0.0.1:8082"
analyzer.auth.api.backend s "noauth"
analyzer.auth.cluster.backend s "noauth"
analyzer.auth.cluster.username s
analyzer.auth.cluster.password s
analyzer.startup.capture_gremlin s
analyzer.startup.capture_bpf s
analyzer.startup.capture_type s
analyzer.flow.backend s "memory"
analyzer.flow.max_buffer_size i 100000
analyzer.topology.backend s "memory"
analyzer.topology.fabric l
analyzer.topology.probes l []
analyzer.topology.k8s.config_file s "/etc/skydive/kubeconfig"
analyzer.topology.k8s.probes l
analyzer.topology.k8s.cluster_name s
analyzer.topology.istio.config_file s "/etc/skydive/kubeconfig"
analyzer.topology.istio.probes l
analyzer.topology.ovn.address s "unix:///var/run/ovn/ovnnb_db.sock"
analyzer.topology.ovn.cert s
analyzer.topology.ovn.key s
analyzer.topology.ovn.cacert s
analyzer.ssh_enabled b
analyzer.cluster s
analyzer.peers.*.endpoints l
analyzer.peers.*.publish_filter s
analyzer.peers.*.subscribe_filter s
analyzer.peers.*.username s
analyzer.peers.*.password s
analyzer.replication.debug b
analyzers l
host_id s
cache.expire i 300
cache.cleanup i 30
flow.expire i 600
flow.update i 60
flow.max_entries i 500000
flow.protocol s "udp"
flow.default_layer_key_mode s
flow.application_ports.tcp m
flow.application_ports.udp m
flow.application_timeout m {"arp":10,"dns":10}
http.cookie m
http.rest.debug b false
http.ws.ping_delay i 2
http.ws.pong_timeout i 5
http.ws.queue_size i 10000
http.ws.enable_write_compression b true
http.ws.bulk_maxmsgs i
http.ws.bulk_maxdelay i
plugin.plugins_dir s
plugin.topology.probes l
tls.client_cert s
tls.client_key s
tls.server_cert s
tls.server_key s
tls.ca_cert s
tls.require_client_cert b false
ovs.ovsdb s "unix:///var/run/openvswitch/db.sock"
ovs.enable_stats b false
ovs.oflow.enable b false
ovs.oflow.native b
ovs.oflow.openflow_versions l ["OpenFlow10","OpenFlow11","OpenFlow12","OpenFlow13","OpenFlow14"]
ovs.oflow.key s
ovs.oflow.cert s
ovs.oflow.ca s
ovs.oflow.address m
dpdk.ports l
dpdk.workers i
dpdk.debug i
opencontrail.host s "localhost"
opencontrail.port i 8085
opencontrail.mpls_udp_port i 51234
storage.*.driver s
storage.*.hosts l
storage.*.host s
storage.*.ssl_insecure b
storage.*.auth.username s
storage.*.auth.password s
storage.*.bulk_maxdelay i
storage.*.total_fields_limit i
storage.*.index_entries_limit i
storage.*.index_age_limit i
storage.*.indices_to_keep i
storage.*.index_prefix s
storage.*.use_flattened b
storage.*.flattened_ignore_above i
storage.*.exclude_from_mapping l
storage.*.disable_sniffing b
storage.*.disable_healthcheck b
storage.*.debug b
storage.*.addr s
storage.*.database s
storage.*.username s
storage.*.password s
logging.backends l ["stderr"]
logging.level s "INFO"
logging.color b true
logging.encoder s ""
logging.*.level s
logging.*.encoder s
logging.file.path s "/var/log/skydive.log"
logging.syslog.address s "/dev/log"
logging.syslog.protocol s "unixgram"
logging.syslog.tag s "skydive"
logging.id s
auth.*.type s
auth.*.role s "admin"
auth.*.file s
auth.*.users m
auth.*.auth_url s
auth.*.tenant_name s
auth.*.domain_name s
etcd.embedded b true
etcd.listen s "127.0.0.1:12379"
etcd.servers l
etcd.data_dir s "/var/lib/skydive/etcd"
etcd.name s
etcd.peers m
etcd.max_wal_files i 5
etcd.max_snap_files i 5
etcd.client_timeout i 5
etcd.debug b
ui.extra_assets s
ui.theme s
ui.topology.favorites m
ui.topology.default_filter s
ui.topology.default_highlight s
ui.bandwidth_update_rate i
ui.bandwidth_threshold s
ui.bandwidth_absolute_active -
ui.bandwidth_absolute_warning -
ui.bandwidth_absolute_alert -
ui.bandwidth_relative_active -
ui.bandwidth_relative_warning -
ui.bandwidth_relative_alert -
ui.ssh_enabled b
ui.k8s_enabled b
ui.istio_enabled b
ui.bpf.favorites m
rbac.model.request_definition l ["sub, obj, act"]
rbac.model.policy_definition l ["sub, obj, act, eft"]
rbac.model.role_definition l ["_, _"]
rbac.model.policy_effect l ["some(where (p_eft == allow)) && !some(where (p_eft == deny))"]
rbac.model.matchers l ["g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"]
rbac.policy l
`
  .trim()
  .split('\n')
  .map((line) => {
    const [key = '', type = '', ...rest] = line.split(' ');
    return rest.length === 0 ? [key, type] : [key, type, rest.join(' ')];
  });

/** Old names of keys: [new, old]. */
export const originalDeprecated: readonly (readonly [string, string])[] = [
  ['agent.auth.api.backend', 'auth.type'],
  ['agent.auth.cluster.password', 'auth.analyzer_password'],
  ['agent.auth.cluster.username', 'auth.analyzer_username'],
  ['agent.capture.stats_update', 'agent.flow.stats_update'],
  ['agent.flow.sflow.bind_address', 'sflow.bind_address'],
  ['agent.flow.sflow.port_min', 'sflow.port_min'],
  ['agent.flow.sflow.port_max', 'sflow.port_max'],
  ['agent.topology.docker.url', 'docker.url'],
  ['agent.topology.docker.netns.run_path', 'docker.netns.run_path'],
  ['agent.topology.netns.run_path', 'netns.run_path'],
  ['analyzer.auth.api.backend', 'auth.type'],
  ['analyzer.auth.cluster.backend', 'auth.type'],
  ['analyzer.auth.cluster.password', 'auth.analyzer_password'],
  ['analyzer.auth.cluster.username', 'auth.analyzer_username'],
  ['analyzer.flow.backend', 'analyzer.storage.backend'],
  ['analyzer.flow.max_buffer_size', 'analyzer.storage.max_flow_buffer_size'],
  ['analyzer.topology.backend', 'graph.backend'],
  ['analyzer.topology.k8s.config_file', 'k8s.config_file'],
  ['analyzer.topology.k8s.probes', 'k8s.probes'],
];
