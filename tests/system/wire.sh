# The bad wires of the command line, for real.
. "$(dirname "$0")/lib.sh"

# count NUMBER ARGUMENT...: ping so many times; what came back is in $received, $duplicates and $least, in microseconds.
count() {
	ping -q -i 0.003 -c "$@" $stack >"$scratch/ping"
	tail -n 3 "$scratch/ping"
	received=$(sed -n 's/.*transmitted, \([0-9]*\) received.*/\1/p' "$scratch/ping")
	duplicates=$(sed -n 's/.*received, +\([0-9]*\) duplicates.*/\1/p' "$scratch/ping")
	least=$(sed -n 's|^rtt min[^=]*= \([0-9]*\)\.\([0-9]*\)/.*|\1\2|p' "$scratch/ping")
}

# Of 8 bytes, in which there is no time-stamp that damage could make ping wait by.
loses_some() { count 300 -W 60 -s 8 && [ "$received" -gt 150 ] && [ "$received" -lt 300 ]; }
duplicates_some() { count 300 -w 300 && [ "$received" -ge 300 ] && [ "${duplicates:-0}" -gt 30 ]; }
# 50 ms each way. No wire is faster than it should be, however slow the machine is.
takes_its_time() { count 20 -w 300 && [ "$received" -ge 20 ] && [ "$least" -ge 100000 ]; }

page() {
	fetch -o "$scratch/page" -w '%{time_total}\n' "http://$stack/page" && cmp "$site/page" "$scratch/page"
}

# 125,000 bytes are a million bits.
slowly() { page >"$scratch/seconds" && cat "$scratch/seconds" && awk '{ exit !($1 > 0.9) }' "$scratch/seconds"; }

tells() {
	cat "$log"
	grep -q '^wire, out: .* [1-9][0-9]* lost' "$log" && grep -q '^wire, in: .* [1-9][0-9]* lost' "$log"
}

scene() {
	make_site
	head -c 125000 /dev/urandom >"$site/page"
	start echo --loss 10 --seed 1
	check '--loss 10: some of 300 pings are lost' loses_some
	stop
	check 'and in the end it says what was lost' tells
	start echo --corrupt 10 --seed 1
	check '--corrupt 10: what is damaged is not answered' loses_some
	stop
	start echo --duplicate 20 --seed 1
	check '--duplicate 20: some replies come twice' duplicates_some
	stop
	start echo --delay 50
	check '--delay 50: no reply before 100 ms' takes_its_time
	stop
	serve --rate 1000000 "$site"
	check '--rate 1000000: a million bits take a second' slowly
	stop
	serve --loss 2 --corrupt 1 --duplicate 3 --reorder 5 --delay 1 --jitter 1 --seed 7 "$site"
	check 'a page over a wire with every fault, not a bit wrong' page
	stop
}
play scene
