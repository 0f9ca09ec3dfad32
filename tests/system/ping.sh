# The host pings strata.
. "$(dirname "$0")/lib.sh"

# replies WANTED ARGUMENT...: ping ends well and counts this many replies, none twice, damaged or late.
replies() {
	wanted=$1
	shift
	ping "$@" $stack >"$scratch/ping"
	status=$?
	tail -n 20 "$scratch/ping" # shown on failure
	[ $status -eq 0 ] && grep -q "^$wanted packets transmitted, $wanted received, 0% packet loss" "$scratch/ping" &&
		! grep -qE 'DUP|wrong|corrupt|truncated' "$scratch/ping"
}

nobody_answers() {
	! ping -c 1 -w 2 192.0.2.77
}

scene() {
	serve
	check '3 pings as anybody sends them' replies 3 -c 3 -i 0.2
	check 'a reply comes with TTL 64' grep -q 'ttl=64' "$scratch/ping"
	check '2000 pings without loss' replies 2000 -f -q -c 2000 -w 60
	check 'no data at all' replies 1 -c 1 -s 0 -w 5
	check 'an odd number of bytes' replies 5 -c 5 -i 0.01 -s 1 -w 5
	check 'as much as one frame holds, DF set' replies 5 -c 5 -i 0.01 -s 1472 -M do -w 5
	check 'strata answers for its own address only' nobody_answers
	stop
}
play scene
