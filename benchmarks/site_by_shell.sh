#!/usr/bin/env bash
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What playbooks/site.yml does, done by hand: the peer that benchmarks/site.py measures it against. It has the same hosts from the same
# image, the same waits, the same numbers of requests and the same checks, what can go on at once does, and nothing of the collection.
#
#   site_by_shell.sh up DIR IMAGE   from no lab to the last scenario; its exit status is not 0 if a check is not as it has to be
#   site_by_shell.sh down DIR       takes all of it away
set -euo pipefail

lab=$2
name=$(basename "$lab")
hosts=(node1 node2 node3 client)
nodes=(node1 node2 node3)
declare -A leader
declare -A underlay=([node1]=10.100.0.11 [node2]=10.100.0.12 [node3]=10.100.0.13)
central=node1
chassis_of_vms=node2
requests=40
wrong=0

# --- helpers

say() {
  local spent=$(((${EPOCHREALTIME/./} - began) / 10000))
  printf '%4d.%02d s  %s\n' $((spent / 100)) $((spent % 100)) "$*"
}
die() {
  echo "$*" >&2
  exit 1
}
# Waits for several jobs, and fails if one of them did
all() {
  local job
  for job; do wait "$job"; done
}
on() { nsenter -t "${leader[$1]}" -a -- "${@:2}"; }
script() { on "$1" bash -euo pipefail -s -- "${@:2}"; }
nb() { on $central ovn-nbctl --timeout=60 "$@"; }
sb() { on $central ovn-sbctl --timeout=60 "$@"; }
vsctl() { on $chassis_of_vms ovs-vsctl --timeout=30 "$@"; }
in_vm() { on "$1" ip netns exec "$2" "${@:3}"; }

# until_true SECONDS WHAT COMMAND...
until_true() {
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2
  shift 2
  until "$@" >&/dev/null; do
    ((${EPOCHREALTIME/./} < end)) || die "not within its time: $what"
    sleep 0.05
  done
}

# check WHAT EXPECTED OBSERVED
check() {
  local ok=ok
  if [[ $2 != "$3" ]]; then
    ok=NO
    wrong=$((wrong + 1))
  fi
  printf '%-2s  %s: expected %s, observed %s\n' "$ok" "$1" "${2//$'\n'/, }" "${3//$'\n'/, }"
}

# ask COUNT TIMEOUT URL COMMAND...: how often each answer came, a connection for each request (the servers speak HTTP/1.0)
ask() {
  { "${@:4}" curl --silent --fail --max-time "$2" "$3?[1-$1]" || true; } | sort | uniq -c | sed 's/^ *//'
}
# The same, all requests at once
ask_at_once() {
  { "${@:4}" curl --parallel --parallel-immediate --no-progress-meter --fail --max-time "$2" "$3?[1-$1]" 2>/dev/null || true; } |
    sort | uniq -c | sed 's/^ *//'
}
answers() { cut -d ' ' -f 2- <<<"$1"; }
answered() { awk '{ n += $1 } END { print n + 0 }' <<<"$1"; }

network() { on $central ovsdb-client dump unix:/run/ovn/ovnnb_db.sock OVN_Northbound | sed '/^NB_Global table/,/^$/d'; }
as_before() { check "$1: the network is as it was" same "$([[ $(network) == "$before" ]] && echo same || echo another)"; }

# --- the lab

cgroups() { awk '/ - cgroup2 / || / - cgroup .*name=systemd/ { print $5 }' /proc/self/mountinfo; }

declare -A mtu=([underlay]=1600 [physical]=1500)

# plug HOST INTERFACE NETWORK ADDRESS
plug() {
  nsenter --net="$lab/netns/fabric" ip -batch - <<EOF
link add $1.$2 mtu ${mtu[$3]} type veth peer name $2 mtu ${mtu[$3]} netns $lab/netns/$1
link set $1.$2 master $3 up
EOF
  nsenter --net="$lab/netns/fabric" ethtool -K "$1.$2" tx off >/dev/null
  nsenter --net="$lab/netns/$1" ip -batch - <<EOF
link set lo up
link set $2 up
EOF
  nsenter --net="$lab/netns/$1" ethtool -K "$2" tx off >/dev/null
  if [[ ${4-} ]]; then nsenter --net="$lab/netns/$1" ip address add "$4" dev "$2"; fi
}

boot() {
  local host=$1 home=$lab/$1 group
  mkdir -p "$home"/{upper/etc,work,root}
  echo "$host" >"$home/upper/etc/hostname"
  {
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$host"
    for node in "${nodes[@]}"; do echo "${underlay[$node]} $node"; done
  } >"$home/upper/etc/hosts"
  local options=(--quiet --settings=no --register=no --console=read-only --directory="$home/root" --machine="$name-$host"
    --hostname="$host" --network-namespace-path="$lab/netns/$host" --capability=all --bind=/dev/net/tun --resolv-conf=off
    --timezone=off --link-journal=no --boot)
  if [[ ! -d /run/systemd/system ]]; then
    options+=(--keep-unit)
    for group in $(cgroups); do mkdir -p "$group/$name/$host"; done
  fi
  # shellcheck disable=SC2016  # for the shell in the new mount namespace
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network unshare --mount --propagation=private -- sh -ec '
    echo $$ >"$1/pid"
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
    for group in $3; do echo $$ >"$group/cgroup.procs"; done
    shift 3
    exec systemd-nspawn "$@"' boot "$home" "$image" \
    "$([[ -d /run/systemd/system ]] || for group in $(cgroups); do echo "$group/$name/$host"; done)" \
    "${options[@]}" >"$home/console" 2>&1 </dev/null &
}

# The child of systemd-nspawn that is process 1 in its own namespace
find_leader() {
  local pid children child
  pid=$(<"$lab/$1/pid")
  read -ra children <"/proc/$pid/task/$pid/children" || true
  for child in "${children[@]}"; do
    if grep -q '^NSpid:.*\s1$' "/proc/$child/status"; then echo "$child" && return; fi
  done
  return 1
}
running() { nsenter -t "$(find_leader "$1")" -a -- systemctl is-system-running --wait; }

lab_up() {
  local host network
  mkdir -p "$lab"
  mount -t tmpfs "$name" "$lab" -o mode=755
  mkdir "$lab/netns"
  for host in fabric "${hosts[@]}"; do
    touch "$lab/netns/$host"
    unshare --net="$lab/netns/$host" true
  done
  nsenter --net="$lab/netns/fabric" sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
  for network in underlay physical; do
    nsenter --net="$lab/netns/fabric" ip link add "$network" mtu "${mtu[$network]}" type bridge mcast_snooping 0
    nsenter --net="$lab/netns/fabric" ip link set "$network" up
  done
  for host in "${nodes[@]}"; do plug "$host" eth0 underlay "${underlay[$host]}/24"; done
  plug node1 eth1 physical
  plug client eth1 physical 172.18.1.10/16
  nsenter --net="$lab/netns/client" ip route add 192.168.0.0/16 via 172.18.1.2
  for host in "${hosts[@]}"; do boot "$host"; done
  for host in "${hosts[@]}"; do
    until_true 60 "$host is up" running "$host"
    leader[$host]=$(find_leader "$host")
  done
}

lab_down() {
  local host pid group way
  for host in "${hosts[@]}"; do
    pid=$(cat "$lab/$host/pid" 2>/dev/null) || continue
    grep -q -- "--machine=$name-$host" "/proc/$pid/cmdline" 2>/dev/null || continue
    kill -KILL "$(find_leader "$host" || echo "$pid")"
    until_true 10 "$host is down" test ! -e "/proc/$pid"
  done
  if mountpoint -q "$lab"; then
    for way in "$lab"/netns/*; do umount "$way"; done
    umount "$lab"
  fi
  [[ ! -d $lab ]] || rmdir "$lab"
  for group in $(cgroups); do
    [[ ! -d $group/$name ]] || find "$group/$name" -depth -type d -exec rmdir {} +
  done
  for host in "${hosts[@]}"; do rm -rf "/run/systemd/nspawn/"{propagate,unix-export}/"$name-$host"; done
}

# --- OVN

deploy_central() {
  script $central "${underlay[$central]}" <<'EOF'
systemctl enable --quiet --now ovn-central ovn-ovsdb-server-nb ovn-ovsdb-server-sb ovn-northd
# They do not try again by themselves
timeout 60 sh -c 'until ovn-nbctl get NB_Global . _uuid && ovn-sbctl get SB_Global . _uuid; do sleep 0.05; done' >/dev/null 2>&1
ovn-sbctl --timeout=60 set-connection "ptcp:6642:$1"
EOF
}

# deploy_chassis HOST [PHYSICAL_INTERFACE]
deploy_chassis() {
  script "$1" "$1" "${underlay[$1]}" "${2-}" "${underlay[$central]}" <<'EOF'
host=$1 ip=$2 physical=$3 central=$4
modprobe -q openvswitch 2>/dev/null && type=system || type=netdev
echo "$host" >/etc/openvswitch/system-id.conf
systemctl enable --quiet --now openvswitch-switch
uplink() {
  ovs-vsctl --timeout=30 add-br "$1" -- set Bridge "$1" datapath_type=$type other_config:hwaddr="\"$(cat "/sys/class/net/$2/address")\"" -- add-port "$1" "$2"
  ip link set "$1" up
  ip link set "$2" up
  ethtool -K "$2" tx off >/dev/null
  sysctl -qw "net.ipv4.conf.$2.rp_filter=1" "net.ipv6.conf.$2.disable_ipv6=1"
}
if [[ $type == netdev ]]; then
  uplink br-underlay eth0
  ip address add "$ip/24" dev br-underlay
  ip address flush dev eth0
fi
if [[ $physical ]]; then
  uplink br-eth1 "$physical"
  ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=phyNet:br-eth1
fi
ovs-vsctl set Open_vSwitch . external_ids:system-id="$host" external_ids:ovn-remote="tcp:$central:6642" \
  external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip="$ip" external_ids:ovn-bridge-datapath-type=$type
systemctl enable --quiet --now ovn-host
timeout 60 sh -c "until ovn-sbctl --timeout=60 --db=tcp:$central:6642 wait-until Chassis $host; do sleep 0.05; done" >/dev/null 2>&1
[[ $(ovn-sbctl --timeout=60 --db="tcp:$central:6642" --bare --columns=ip find Encap "chassis_name=$host") == "$ip" ]]
EOF
}

deploy() {
  local jobs=()
  deploy_central & jobs+=($!)
  deploy_chassis node1 eth1 & jobs+=($!)
  deploy_chassis node2 & jobs+=($!)
  deploy_chassis node3 & jobs+=($!)
  all "${jobs[@]}"
}

# vm_up HOST NAME IFACE_ID MAC ADDRESS GATEWAY
vm_up() {
  script "$@" <<'EOF'
name=$1
ovs-vsctl --timeout=30 add-port br-int "$name" -- set Interface "$name" type=internal "external_ids:iface-id=$2"
ip netns add "$name"
ip link set "$name" netns "$name"
ip netns exec "$name" ethtool -K "$name" tx off >/dev/null
ip -n "$name" -batch - <<EOT
link set lo up
link set $name address $3 up
address add $4 dev $name
route add default via $5
EOT
EOF
}

topology() {
  nb -- ls-add ls1 \
    -- lsp-add ls1 ls1-vm1 -- lsp-set-addresses ls1-vm1 02:ac:10:ff:00:11 -- lsp-set-port-security ls1-vm1 02:ac:10:ff:00:11 \
    -- lsp-add ls1 ls1-vm2 -- lsp-set-addresses ls1-vm2 02:ac:10:ff:00:22 -- lsp-set-port-security ls1-vm2 02:ac:10:ff:00:22 \
    -- lsp-add ls1 ls1-router1 -- lsp-set-type ls1-router1 router -- lsp-set-addresses ls1-router1 02:ac:10:ff:00:01 \
    -- lsp-set-options ls1-router1 router-port=router1-ls1 \
    -- ls-add ls2 \
    -- lsp-add ls2 ls2-vm3 -- lsp-set-addresses ls2-vm3 02:ac:10:ff:00:33 -- lsp-set-port-security ls2-vm3 02:ac:10:ff:00:33 \
    -- lsp-add ls2 ls2-vm4 -- lsp-set-addresses ls2-vm4 02:ac:10:ff:00:44 -- lsp-set-port-security ls2-vm4 02:ac:10:ff:00:44 \
    -- lsp-add ls2 ls2-router1 -- lsp-set-type ls2-router1 router -- lsp-set-addresses ls2-router1 02:ac:10:ff:01:01 \
    -- lsp-set-options ls2-router1 router-port=router1-ls2 \
    -- ls-add join \
    -- lsp-add join join-router1 -- lsp-set-type join-router1 router -- lsp-set-addresses join-router1 02:ac:10:ff:ff:02 \
    -- lsp-set-options join-router1 router-port=router1-join \
    -- lsp-add join join-gw1 -- lsp-set-type join-gw1 router -- lsp-set-addresses join-gw1 02:ac:10:ff:ff:01 \
    -- lsp-set-options join-gw1 router-port=gw1-join \
    -- ls-add outside \
    -- lsp-add outside outside-gw1 -- lsp-set-type outside-gw1 router -- lsp-set-addresses outside-gw1 02:0a:7f:18:01:02 \
    -- lsp-set-options outside-gw1 router-port=gw1-outside \
    -- lsp-add outside outside-localnet -- lsp-set-type outside-localnet localnet -- lsp-set-addresses outside-localnet unknown \
    -- lsp-set-options outside-localnet network_name=phyNet \
    -- lr-add router1 \
    -- lrp-add router1 router1-ls1 02:ac:10:ff:00:01 192.168.100.1/24 \
    -- lrp-add router1 router1-ls2 02:ac:10:ff:01:01 192.168.101.1/24 \
    -- lrp-add router1 router1-join 02:ac:10:ff:ff:02 192.168.255.2/24 \
    -- lr-route-add router1 0.0.0.0/0 192.168.255.1 \
    -- lr-add gw1 -- set Logical_Router gw1 options:chassis=node1 \
    -- lrp-add gw1 gw1-join 02:ac:10:ff:ff:01 192.168.255.1/24 \
    -- lrp-add gw1 gw1-outside 02:0a:7f:18:01:02 172.18.1.2/16 \
    -- lr-route-add gw1 192.168.100.0/24 192.168.255.2 \
    -- lr-route-add gw1 192.168.101.0/24 192.168.255.2 \
    -- lr-nat-add gw1 snat 172.18.1.2 192.168.100.0/24
  local jobs=()
  vm_up node2 vm1 ls1-vm1 02:ac:10:ff:00:11 192.168.100.10/24 192.168.100.1 & jobs+=($!)
  vm_up node2 vm3 ls2-vm3 02:ac:10:ff:00:33 192.168.101.10/24 192.168.101.1 & jobs+=($!)
  vm_up node3 vm2 ls1-vm2 02:ac:10:ff:00:22 192.168.100.11/24 192.168.100.1 & jobs+=($!)
  all "${jobs[@]}"
  nb wait-until Logical_Switch_Port ls1-vm1 up=true -- wait-until Logical_Switch_Port ls1-vm2 up=true \
    -- wait-until Logical_Switch_Port ls2-vm3 up=true
  check "vm1 is bound to node2" node2 "$(bound_to ls1-vm1)"
  check "vm2 is bound to node3" node3 "$(bound_to ls1-vm2)"
  check "vm3 is bound to node2" node2 "$(bound_to ls2-vm3)"
  nb --wait=hv sync
}
bound_to() { sb get Chassis "$(sb --bare --columns=chassis find Port_Binding "logical_port=$1")" name; }

# --- the scenarios

serve() {
  script "$1" "$2" <<'EOF'
mkdir -p "/srv/$1"
echo "i am $1" >"/srv/$1/index.html"
cat >/etc/systemd/system/web@.service <<'EOT'
[Service]
ExecStart=/usr/sbin/ip netns exec %i /usr/bin/python3 -m http.server --directory /srv/%i 8000
[Install]
WantedBy=multi-user.target
EOT
systemctl enable --quiet --now "web@$1"
EOF
  until_true 10 "$2 serves" in_vm "$1" "$2" curl --silent --fail --max-time 2 http://127.0.0.1:8000/
}

web_servers() {
  local jobs=() asked
  asked=$lab/asked
  serve node2 vm1 & jobs+=($!)
  serve node3 vm2 & jobs+=($!)
  all "${jobs[@]}"
  jobs=()
  ask 5 2 http://192.168.100.10:8000/ on client >"$asked.1" & jobs+=($!)
  ask 5 2 http://192.168.100.11:8000/ on client >"$asked.2" & jobs+=($!)
  ask 5 2 http://192.168.100.10:8000/ in_vm node3 vm2 >"$asked.3" & jobs+=($!)
  ask 5 2 http://192.168.100.11:8000/ in_vm node2 vm1 >"$asked.4" & jobs+=($!)
  all "${jobs[@]}"
  check "1: the client asks vm1" "5 i am vm1" "$(cat "$asked.1")"
  check "1: the client asks vm2" "5 i am vm2" "$(cat "$asked.2")"
  check "1: vm2 asks vm1" "5 i am vm1" "$(cat "$asked.3")"
  check "1: vm1 asks vm2" "5 i am vm2" "$(cat "$asked.4")"
  as_before 1
}

both=$'i am vm1\ni am vm2'
backends=192.168.100.10,192.168.100.11

balancer_on_router() {
  local vip=172.18.1.254 got
  nb --wait=hv -- lb-add web-gateway $vip $backends -- lr-lb-add gw1 web-gateway
  check "2: the balancer is listed" $vip=$backends "$(nb --bare --columns=vips find Load_Balancer name=web-gateway)"
  check "2: it is set on gw1" web-gateway "$(nb lr-lb-list gw1 | awk '/web-gateway/ { print $2 }')"
  got=$(ask $requests 2 http://$vip:8000/ on client)
  check "2: both VMs answer the client" "$both" "$(answers "$got")"
  check "2: none is lost" $requests "$(answered "$got")"
  nb lr-lb-del gw1 web-gateway
  nb --wait=hv lb-del web-gateway
  check "2: the VIP is dead once the balancer is destroyed" 0 "$(answered "$(ask_at_once 2 0.5 http://$vip:8000/ on client)")"
  as_before 2
}

vm3() { in_vm $chassis_of_vms vm3 "$@"; }

balancer_on_switch() {
  local vip=10.254.10.10 got
  nb --wait=hv -- lb-add web-switch $vip $backends -- ls-lb-add ls2 web-switch
  check "3: the balancer is set on ls2" web-switch "$(nb ls-lb-list ls2 | awk '/web-switch/ { print $2 }')"
  got=$(ask $requests 2 http://$vip:8000/ vm3)
  check "3: both VMs answer vm3" "$both" "$(answers "$got")"
  check "3: none is lost" $requests "$(answered "$got")"
  nb --wait=hv -- ls-lb-del ls2 web-switch -- ls-lb-add ls1 web-switch
  check "3: set on ls1 only, vm3 gets no answer" 0 "$(answered "$(ask_at_once 2 0.5 http://$vip:8000/ vm3)")"
  nb lb-del web-switch
  as_before 3
}

# trace PROTOCOL MORE
trace() {
  on $chassis_of_vms ovs-appctl ofproto/trace br-int \
    "in_port=vm3,dl_src=02:ac:10:ff:00:33,dl_dst=02:ac:10:ff:01:01,$1,nw_src=192.168.101.10,$2"
}
# The OpenFlow port of the last output
goes_to() { sed -n 's/^ *output:\([0-9]*\)$/\1/p' <<<"$1" | tail -1; }
ofport() { vsctl get Interface "$1" ofport; }

flow_of_vip() { on $chassis_of_vms ovs-ofctl dump-flows br-int | grep 'ct_state=+new+trk,.*nw_dst=10\.254\.10\.10[ ,].*group:'; }
counted() { (($(flow_of_vip | grep -o 'n_packets=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }') >= requests)); }

tracing() {
  local vip=10.254.10.10 vm1 vm3 logical group buckets
  nb --wait=hv -- lb-add web-traced $vip $backends -- ls-lb-add ls2 web-traced
  check "4: none is lost" $requests "$(answered "$(ask $requests 2 http://$vip:8000/ vm3)")"
  vm1=$(ofport vm1) vm3=$(ofport vm3)
  check "4: icmp vm3 to 192.168.101.1" "$vm3" "$(goes_to "$(trace icmp icmp_type=8,nw_dst=192.168.101.1,nw_ttl=64)")"
  check "4: ip with ttl 32 vm3 to vm1" "$vm1" "$(goes_to "$(trace ip nw_dst=192.168.100.10,nw_ttl=32)")"
  check "4: icmp vm3 to vm1" "$vm1" "$(goes_to "$(trace icmp icmp_type=8,nw_dst=192.168.100.10,nw_ttl=64)")"
  logical=$(on $central ovn-trace --ct new --ct new --ct new ls2 'inport == "ls2-vm3" && eth.src == 02:ac:10:ff:00:33 &&
    eth.dst == 02:ac:10:ff:01:01 && ip4.src == 192.168.101.10 && ip4.dst == '$vip' && ip.ttl == 64 && tcp.dst == 8000')
  check "4: the logical trace is balanced" backends=$backends "$(grep -o "backends=$backends" <<<"$logical" | sort -u)"
  check "4: and ends in an output" 1 "$(grep -c 'output to "ls1-vm' <<<"$logical")"
  until_true 4 "the flow counts $requests packets" counted
  check "4: the flow of the VIP calls a group" 1 "$(flow_of_vip | grep -o 'group:[0-9]*' | sort -u | wc -l)"
  group=$(flow_of_vip | grep -o 'group:[0-9]*' | head -1)
  buckets=$(on $chassis_of_vms ovs-ofctl -O OpenFlow15 dump-groups br-int "${group#group:}")
  check "4: the group's buckets change the destination to the backends" $'nat(dst=192.168.100.10)\nnat(dst=192.168.100.11)' \
    "$(grep -o 'nat(dst=[0-9.]*)' <<<"$buckets" | sort)"
  buckets=$(on $chassis_of_vms ovs-ofctl -O OpenFlow15 dump-group-stats br-int "group_id=${group#group:}")
  check "4: both buckets count" 2 "$(grep -o 'bucket[0-9]*:packet_count=[1-9]' <<<"$buckets" | wc -l)"
  nb lb-del web-traced
  as_before 4
}

pinged() { { vm3 ping -c 3 -i 0.05 -W 0.5 192.168.101.1 || true; } | grep -o '[0-9]*% packet loss'; }
# new_mac MAC
new_mac() {
  nb --wait=hv -- lsp-set-addresses ls2-vm3 "$1" -- lsp-set-port-security ls2-vm3 "$1"
  on $chassis_of_vms ip -n vm3 link set vm3 address "$1"
}
mended() { [[ $(pinged) == "0% packet loss" ]]; }
stale_mac_binding() {
  local old=02:ac:10:ff:00:13 new=02:ac:10:ff:00:33 seen vm3 flow row
  new_mac $old
  until_true 10 "the router learns" vm3 ping -c 3 -i 0.05 -W 0.5 192.168.101.1
  new_mac $new
  on $chassis_of_vms ip -n vm3 neighbour replace 192.168.101.1 lladdr 02:ac:10:ff:01:01 dev vm3 nud permanent
  check "5: vm3 cannot ping its gateway" "100% packet loss" "$(pinged)"
  row=$(sb --bare --columns=_uuid find MAC_Binding ip=192.168.101.10)
  check "5: the router remembers the old MAC" $old "$(sb --bare --columns=mac find MAC_Binding ip=192.168.101.10)"
  seen=$(trace icmp icmp_type=8,nw_dst=192.168.101.1,nw_ttl=64)
  check "5: the trace turns the answer to the old MAC in table 66" $old \
    "$(grep -A1 '^ *66\. reg0=0xc0a8650a,' <<<"$seen" | sed -n 's/^ *set_field:\([0-9a-f:]*\)->eth_dst$/\1/p')"
  check "5: and goes nowhere" "" "$(goes_to "$seen")"
  flow=$(on $chassis_of_vms ovs-ofctl --no-stats dump-flows br-int "table=66,reg0=0xc0a8650a" | grep $old)
  check "5: the flow in table 66 is found" 1 "$(grep -c 'table=66' <<<"$flow")"
  on $chassis_of_vms ovs-ofctl add-flow br-int "$(sed 's/^ *cookie=[^,]*, *//; s/ actions=.*//' <<<"$flow"),actions=set_field:$new->eth_dst"
  check "5: the flow replaced by hand mends the ping" "0% packet loss" "$(pinged)"
  on $chassis_of_vms ovs-ofctl add-flow br-int "$(sed 's/^ *//; s/ actions=/,actions=/' <<<"$flow")"
  check "5: without it the fault is back" "100% packet loss" "$(pinged)"
  sb set MAC_Binding "$row" "mac=\"$new\""
  until_true 5 "the ping is mended" mended
  vm3=$(ofport vm3)
  check "5: the trace now goes back to vm3" "$vm3" "$(goes_to "$(trace icmp icmp_type=8,nw_dst=192.168.101.1,nw_ttl=64)")"
  on $chassis_of_vms ip -n vm3 neighbour del 192.168.101.1 dev vm3
  as_before 5
}

# monitored ADDRESS STATUS
monitored() { [[ $(sb --bare --columns=status find Service_Monitor "ip=$1" port=8000 protocol=tcp) == "$2" ]]; }

health_checks() {
  local vip=172.18.1.253:80 got
  nb --wait=hv -- lb-add web-checked $vip 192.168.100.10:8000,192.168.100.11:8000 tcp \
    -- set Load_Balancer web-checked ip_port_mappings:192.168.100.10=ls1-vm1:192.168.100.250 \
    ip_port_mappings:192.168.100.11=ls1-vm2:192.168.100.250 \
    -- --id=@check create Load_Balancer_Health_Check "vip=\"$vip\"" \
    options:interval=1 options:timeout=1 options:success_count=1 options:failure_count=1 \
    -- add Load_Balancer web-checked health_check @check \
    -- lr-lb-add gw1 web-checked >/dev/null
  until_true 30 "vm1 is online" monitored 192.168.100.10 online
  until_true 30 "vm2 is online" monitored 192.168.100.11 online
  nb --wait=hv sync
  check "6: while both are up, both answer" "$both" "$(answers "$(ask $requests 2 http://$vip/ on client)")"
  on node2 systemctl stop web@vm1
  until_true 30 "vm1 is offline" monitored 192.168.100.10 offline
  nb --wait=hv sync
  check "6: once the monitor says offline, only vm2 answers, and none is lost" "$requests i am vm2" "$(ask $requests 2 http://$vip/ on client)"
  on node2 systemctl start web@vm1
  until_true 30 "vm1 is back" monitored 192.168.100.10 online
  nb --wait=hv sync
  got=$(ask $requests 2 http://$vip/ on client)
  check "6: vm1 is back once it is started" "$both" "$(answers "$got")"
  nb lb-del web-checked
  as_before 6
}

case $1 in
  up)
    image=$3
    began=${EPOCHREALTIME/./}
    lab_up
    say "the lab is up"
    deploy
    say "OVN is deployed"
    topology
    say "the network is there"
    before=$(network)
    for scenario in web_servers balancer_on_router balancer_on_switch tracing stale_mac_binding health_checks; do
      $scenario
      say "$scenario"
    done
    ((wrong == 0)) || die "$wrong checks are not as they have to be"
    ;;
  down)
    lab_down
    ;;
  *)
    die "usage: $0 up DIR IMAGE | down DIR"
    ;;
esac
