# The host pings strata.
. "$(dirname "$0")/lib.sh"

# Beside every border (of nothing, of ping's own time-stamp, of one frame, of two and three fragments, of a power of two, of all that
# there can be), and a spread of others. ping compares what comes back.
sizes() {
	echo 0 1 2 7 8 9 15 16 17 55 56 57 63 64 65 511 512 1024 1471 1472 1473 1479 1480 1481 2951 2952 2953 4431 4432 4433 8191 8192 8193 \
		16383 16384 16385 32767 32768 32769 65499 65500 65505 65506 65507
	seq 997 1571 65000
}

# every_size ARGUMENT...: one ping of each size.
every_size() {
	for size in $(sizes); do
		pings 1 -s "$size" "$@" || { echo "of $size bytes" && return 1; }
	done
}

# One at a time: of two that wait, ping's socket has no room for the second.
large_ones() {
	for _ in $(seq 300); do
		pings 1 -s 65507 || return
	done
}

nobody_answers() {
	! ping -c 1 -w 2 192.0.2.77
}

scene() {
	serve
	check '3 pings as anybody sends them' pings 3 -i 0.2
	check 'a reply comes with TTL 64' grep -q 'ttl=64' "$scratch/ping"
	check 'every size from 0 to 65,507 bytes' every_size
	check 'and every size with DF clear' every_size -M dont
	check 'as much as one frame holds, DF set' pings 5 -i 0.01 -s 1472 -M do
	check 'a flood of 10,000' pings 10000 -i 0
	check '300 that fill 46 frames each' large_ones
	check 'strata answers for its own address only' nobody_answers
	stop
}
play scene
