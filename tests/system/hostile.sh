# Hostile frames (tests/system/hostile.c) while ping goes on.
. "$(dirname "$0")/lib.sh"
mac=02:00:c0:00:02:02

# under KIND: ping goes on, and as long as it does, rounds of hostile frames. No ping may be lost. $rounds: how many.
under() {
	pings 500 -i 0.002 >"$scratch/pinged" &
	pinging=$!
	rounds=0 got=0
	: >"$scratch/drops"
	while [ $got -eq 0 ] && { [ $rounds -eq 0 ] || kill -0 $pinging 2>/dev/null; }; do
		rounds=$((rounds + 1))
		timeout 300 "$BUILD/tests/hostile" tap0 $mac "$1" $rounds >>"$scratch/drops" || got=1
	done
	wait $pinging || got=1
	echo "$rounds rounds"
	cat "$scratch/pinged"
	return $got
}

large_ping() { ping -q -c 5 -i 0.01 -s 60000 -W 10 $stack; }

# What strata itself holds, in KiB. (Nothing where we have no /proc of our own.)
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$server/status" 2>/dev/null; }

# The bounds of reassembly (1 MiB), of the ARP queues (128 addresses of 8 packets) and of the listeners' backlogs, and
# what an allocator makes of that.
no_growth() {
	after=$(resident)
	echo "$before KiB before, $after after"
	[ $((after - before)) -le 4096 ]
}

# Each drop is in the capture as a comment: "NAME: sentence", exactly as often as hostile.c says.
named() {
	grep -aoE '(arp|ether|icmp|ip|tcp|udp)-[a-z-]+: ' "$scratch/capture.pcapng" | sort | uniq -c >"$scratch/comments"
	awk '
		NR == FNR { sub(":", "", $2); got[$2] = $1; next }
		{ wanted[$1] += $2 }
		END {
			for (name in wanted) {
				names++
				if (got[name] != wanted[name]) {
					print name ": " got[name] + 0 " comments instead of " wanted[name]
					bad = 1
				}
			}
			exit bad || names < 30
		}' "$scratch/comments" "$scratch/drops"
}

evicted() { cat "$scratch/comments" && grep -q 'ip-reassembly-full:' "$scratch/comments"; }

scene() {
	start echo --pcap "$scratch/capture.pcapng"
	check 'attacks, and no ping is lost' under attacks
	check 'it still puts fragments together' large_ping
	check 'it still serves' "$BUILD/tests/udp_peer" echo $stack 7
	stop
	check 'every drop is named, and counted' named
	check 'half-sent datagrams made room for others' evicted

	start echo
	before=$(resident)
	check 'mutants of valid frames, and no ping is lost' under mutants
	check 'attacks again' under attacks
	check 'it still puts fragments together' large_ping
	check 'it still serves' "$BUILD/tests/udp_peer" echo $stack 7
	if [ -n "$before" ]; then
		check 'its memory has not grown' no_growth
	else
		report ok 'its memory has not grown' 'there is no /proc of our own'
	fi
	stop
}
play scene
