# strata pings: the host, and by the host as a router.
. "$(dirname "$0")/lib.sh"

ping_of_strata() { timeout 300 "$BUILD/strata" ping "$@" 2>"$log"; }

# says PATTERN STATUS PING'S ARGUMENTS...: a line of the output is like this.
says() {
	pattern=$1 wanted=$2
	shift 2
	ping_of_strata "$@" >"$scratch/said"
	got=$?
	cat "$scratch/said"
	[ $got -eq "$wanted" ] && grep -Eqx -- "$pattern" "$scratch/said"
}

# A network behind the host, where nobody is.
route() {
	ip link add behind type veth peer name nowhere && ip link set nowhere up && ip link set behind up &&
		ip address add 198.51.100.1/24 dev behind &&
		echo 1 >/proc/sys/net/ipv4/ip_forward
}

# interrupted: Ctrl-C ends it with the summary.
interrupted() {
	: >"$scratch/said" # at once, so that what the last one said is not taken for this one's
	env --default-signal=INT "$BUILD/strata" ping -i 0.01 $host >"$scratch/said" 2>"$log" &
	pinging=$!
	within 60 grep -q 'icmp_seq=3' "$scratch/said" || return
	kill -s INT $pinging
	status_is 0 wait $pinging && grep -q '^rtt min/avg/max/mdev = ' "$scratch/said"
}

scene() {
	check 'replies, as ping shows them' says \
		'64 bytes from 192\.0\.2\.1: icmp_seq=3 ttl=64 time=[0-9.]+ ms' 0 -c 3 -i 0.01 $host
	check 'the first line' grep -qx 'PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.' "$scratch/said"
	check 'the summary' grep -Eqx '3 packets transmitted, 3 received, 0% packet loss, time [0-9]+ms' "$scratch/said"
	check 'by name, in fragments, quietly' says \
		'2 packets transmitted, 2 received, 0% packet loss, time [0-9]+ms' 0 -c2 -i.01 -qs 4000 --host web.example=$host web.example
	check 'JSON' says '\{"type":"reply","from":"192.0.2.1","seq":1,"ttl":64,"bytes":64,"time_ms":[0-9.]+,"duplicate":false\}' \
		0 -c 1 --json $host
	check 'a host that is not there, status 1' says 'From 192\.0\.2\.2 icmp_seq=1 Destination Host Unreachable' 1 -c 1 192.0.2.77
	check 'and no more waiting than it was told' says '1 packets transmitted, 0 received, 100% packet loss, time 0ms' \
		1 -c 1 -W 0.2 192.0.2.77
	check 'duplicates are marked' says '.* \(DUP!\)' 0 --seed 1 --duplicate 50 -c 20 -i 0.01 $host
	check 'Ctrl-C ends it with the summary' interrupted
	check 'the host is made a router' route
	check 'a TTL that runs out' says 'From 192\.0\.2\.1 icmp_seq=1 Time to live exceeded' 1 -t 1 -c 1 198.51.100.9
	check 'a router that knows no way' says 'From 192\.0\.2\.1 icmp_seq=1 Destination Net Unreachable' 1 -c 1 203.0.113.9
	check 'wrong usage, status 2' status_is 2 ping_of_strata -c 0 $host
}
play scene
