# strata and the kernel, each at one end of many connections at once (tests/system/kernel.c, kernel_peer.c): both mean to do the
# same, drawn from a seed (kernel/transfer.h), over wires from good to hardly there; and each connection must have ended the
# same way on both sides. Then a thousand connections open at once, and a hundred thousand short ones, one after another.
#
#     RUNS=50 FROM=1000 sh tests/system/kernel.sh        transfers by the seeds 1000 to 1049
#     SHORT=100000 sh tests/system/kernel.sh             so many short connections of strata, too
. "$(dirname "$0")/lib.sh"
many=100000 few=${SHORT:-50000}

# begin WIRE COUNT MOST PATIENCE OPTION...: start both sides of so many transfers over a wire of its own, a network of 16 addresses.
# Nobody has more than MOST bytes to say, and TCP keeps on trying for PATIENCE seconds.
begin() {
	ours=198.51.100.$(($1 * 16 + 2)) theirs=198.51.100.$(($1 * 16 + 1)) files=$scratch/wire$1
	tap=wire$1 plan="transfers $seed $2 $3 $4 $theirs"
	shift 4
	"$BUILD/tests/kernel_peer" $plan $ours >"$files.kernel" 2>"$files.kernel.log" &
	peers="$peers $!"
	within 60 grep -q listening "$files.kernel.log" || return
	"$BUILD/tests/kernel" --tap $tap --ip $ours/28 --host-ip $theirs --seed $seed "$@" $plan >"$files.strata" 2>"$files.strata.log" &
	machines="$machines $!"
}

# left_over NETWORK: the kernel's connections on that side, but for those in TIME-WAIT.
left_over() { ss -Htan exclude time-wait exclude listening src "$1"; }
nothing_left() { [ -z "$(left_over "$1")" ]; }
on_wires=198.51.100.0/24
on_tap=192.0.2.0/24

all_opened_have_ended() {
	[ "$(cat "$scratch"/wire*.log | grep -c 'what it opened has ended')" -eq 8 ]
}

# Whoever opened has ended; then those do who were opened, then what the kernel still does by itself, then strata.
transfer() {
	rm -f "$scratch"/wire*
	machines='' peers='' ended=0
	begin 0 100 1000000 30 &&
		begin 1 100 100000 30 --loss 2 --corrupt 1 --duplicate 2 --reorder 5 --delay 2 --jitter 2 &&
		begin 2 60 30000 4 --loss 10 --reorder 20 --duplicate 5 --delay 20 --jitter 20 &&
		begin 3 30 2000 3 --loss 25 --corrupt 3 || ended=1
	within 300 all_opened_have_ended || ended=1
	kill -TERM $peers
	for peer in $peers; do wait "$peer" || ended=1; done
	within 60 nothing_left $on_wires || { ended=1 && echo 'the kernel still has:' && left_over $on_wires; }
	kill -INT $machines
	for machine in $machines; do wait "$machine" || ended=1; done
	tail -n 5 "$scratch"/wire*.log
	return $ended
}

# judge WIRE COUNT LEAST [patient]: lay the records of both sides beside each other. At least LEAST transfers must have arrived whole;
# over a patient wire, nothing may have timed out.
judge() {
	awk -v count="$2" -v least="$3" -v patient="${4-}" '
		{
			side = FILENAME ~ /kernel$/ ? 2 : 1
			record[side, $1] = $0
			wanted[side, $1] = $2; sent[side, $1] = $3; received[side, $1] = $4; at_end[side, $1] = $5
			finished[side, $1] = $6; how[side, $1] = $7 == "whole" ? $7 : $7 " " $8
		}
		function fault(what) {
			story = story sprintf("transfer %d: %s\n    strata: %s\n    kernel: %s\n", n, what, record[1, n], record[2, n])
		}
		# What must hold of A, given B. No record at all: it was never accepted.
		function judge(a, b) {
			x = how[a, n]; y = how[b, n]
			if (x ~ /^wrong/ || x == "told refused")
				fault("that may not happen")
			if (received[a, n] > sent[b, n])
				fault("more was read than written")
			if (at_end[a, n] && (received[a, n] < sent[b, n] || !(finished[b, n] || y == "quit close")))
				fault("an end was read before its time")
			if (x == "whole" && sent[a, n] < wanted[a, n])
				fault("less was said than meant")
			# The last acknowledgment of all can be lost again and again, and nobody ever knows that of the other.
			if (x == "whole" && y !~ /^quit/ &&
			    !(received[b, n] == sent[a, n] && (y == "whole" || (y == "told timeout" && at_end[b, n] && finished[b, n]))))
				fault("one side takes it for whole that is not")
			if (x == "told reset" && y !~ /^quit/ && y != "told timeout")
				fault("a reset without a reason")
			if (x == "told timeout" && patient)
				fault("a time-out")
			if (x == "" && y != "quit abort" && (patient || y !~ /^(quit close|told timeout)$/))
				fault("it was never accepted")
		}
		END {
			for (n = 0; n < count; n++) {
				judge(1, 2); judge(2, 1)
				tally[(how[1, n] ? how[1, n] : "nothing") " / " (how[2, n] ? how[2, n] : "nothing")]++
			}
			for (pair in tally)
				printf "%4d strata / kernel: %s\n", tally[pair], pair
			printf "%s", story
			exit story != "" || tally["whole / whole"] < least
		}' "$scratch/wire$1.strata" "$scratch/wire$1.kernel"
}

# Faults there were.
lossy() { cat "$scratch/wire$1.strata.log" && grep -q '^wire, out: .* [1-9][0-9]* lost' "$scratch/wire$1.strata.log"; }

judge_all() {
	check "transfers of seed $seed: all end, and nothing is left on either side" "$@"
	check "seed $seed, a good wire: both sides tell the same of each" judge 0 100 50 patient
	check "seed $seed, some loss and every fault: both sides tell the same of each" judge 1 100 50 patient
	check "seed $seed, 10 % loss: both sides tell the same of each" judge 2 60 20
	check "seed $seed, 25 % loss: both sides tell the same of each" judge 3 30 2
	check "seed $seed: the wires did lose frames" eval 'lossy 1 && lossy 2 && lossy 3'
}

has_ended() {
	cat "$scratch/transfer"
	wait $1
}

# serve_ours ARGUMENT...: the server, on strata.
serve_ours() {
	"$BUILD/tests/kernel" serve "$@" 2>"$scratch/serve" &
	server=$!
	within 60 ping -q -c 1 -W 1 $stack
}

# What it holds at the end is as at the beginning: or else its status is 1.
stop_ours() {
	kill -INT $server
	wait $server || { cat "$scratch/serve" && return 1; }
}

serve_theirs() {
	"$BUILD/tests/kernel_peer" serve $host "$1" 2>"$scratch/serve" &
	server=$!
	within 60 grep -q listening "$scratch/serve"
}

many_of_theirs() {
	serve_ours client 1000 || return
	"$BUILD/tests/kernel_peer" many 1000 $stack 2>"$scratch/many" &
	peer=$!
	within 60 grep 'all are open' "$scratch/many" && within 60 grep '1000 connections hold' "$scratch/serve"
	got=$?
	[ "$(left_over $on_tap | grep -c '^ESTAB')" -eq 1000 ] || got=1
	kill -USR1 $peer
	wait $peer && stop_ours && within 60 nothing_left $on_tap && return $got
}

many_of_ours() {
	serve_theirs client || return
	timeout 300 "$BUILD/tests/kernel" many 1000 $host
	got=$?
	kill $server
	wait $server && within 60 nothing_left $on_tap && return $got
}

short_of_theirs() {
	serve_ours "$1" 1 || return
	timeout 1500 "$BUILD/tests/kernel_peer" short $many $stack "$1"
	got=$?
	stop_ours && cat "$scratch/serve" && grep -q "$many accepted" "$scratch/serve" && within 60 nothing_left $on_tap && return $got
}

short_of_ours() {
	serve_theirs "$1" || return
	timeout 1500 "$BUILD/tests/kernel" short $few $host "$1"
	got=$?
	kill $server
	wait $server && within 60 nothing_left $on_tap && return $got
}

scene() {
	echo 2 >/proc/sys/net/ipv4/tcp_fin_timeout           # of orphans whose peer has given up without being heard
	echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse              # of the kernel's ports, a second after
	echo 10000 65535 >/proc/sys/net/ipv4/ip_local_port_range
	[ "$way" = root ] && from=${FROM:-1} first=client second=server || from=${FROM:-2} first=server second=client
	seed=$from
	transfer >"$scratch/transfer" 2>&1 & # most of it is waiting
	transferring=$!
	check 'a thousand connections of the kernel, open at once' many_of_theirs
	check 'a thousand connections of strata, open at once' many_of_ours
	check "$many short connections of the kernel, one after another; the $first closes first" short_of_theirs $first
	check "$few short connections of strata, one after another; the $first closes first" short_of_ours $first
	check "$few short connections of strata, one after another; the $second closes first" short_of_ours $second
	judge_all has_ended $transferring
	while seed=$((seed + 1)) && [ "$seed" -lt $((from + ${RUNS:-1})) ]; do
		judge_all transfer
	done
}
play scene
