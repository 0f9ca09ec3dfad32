# Private networks: strata ns, strata enter, and --ns.
bare=yes
. "$(dirname "$0")/lib.sh"

# The list of private networks is this test's own: $runtime.
isolate() {
	if [ "$way" = root ]; then
		mount -t tmpfs none /run || exit 1
		runtime=/run
	else
		runtime=$scratch/run && mkdir -m 700 "$runtime" && export XDG_RUNTIME_DIR="$runtime"
	fi
}

# background COMMAND...: start strata; its process is $server.
background() {
	: >"$log"
	env --default-signal=INT "$BUILD/strata" "$@" >"$scratch/server.out" 2>"$log" </dev/null &
	server=$!
}

nothing_left() { [ -z "$(ls -A "$runtime")" ] || { ls -lR "$runtime" && return 1; }; }
entered() { "$BUILD/strata" enter -- "$@"; }
# Of the processes that carry a mark of this test none is alive.
alive() { grep -qs "STRATA_MARK=$mark" /proc/[0-9]*/environ; }
gone() { ! alive; }

# What stands in a private network: the bridge as it must be, no IPv6, nothing else.
furnished() {
	"$BUILD/strata" ns -- sh -c '
		ip -details link show strata0 | grep "bridge forward_delay 0 .* stp_state 0 .* mcast_snooping 0" &&
		ip link show strata0 | grep "link/ether 02:00:c0:00:02:01" &&
		[ "$(ip -brief -4 address show strata0 | tr -s " " | cut -d " " -f 3)" = 192.0.2.1/24 ] &&
		[ ! -s /proc/net/if_inet6 ] && [ "$(ls /proc/sys/net/ipv4/conf | tr "\n" " ")" = "all default lo strata0 " ]'
}

# All that tap0 gives in three seconds: two ARP announcements of 42 bytes (RFC 5227 2.3) leave, and nothing comes. With IPv6 there
# would be thousands of bytes.
silent() {
	"$BUILD/strata" ns -- sh -c '"$1/strata" echo --pcap "$2" & sleep 3; kill $!; wait $!' - "$BUILD" "$scratch/pcap" &&
		ls -l "$scratch/pcap" && [ -s "$scratch/pcap" ] && [ "$(wc -c <"$scratch/pcap")" -lt 600 ]
}

two_terminals() {
	background ns -- "$BUILD/strata" httpd "$site"
	check 'strata ns -- strata httpd starts serving' within 60 grep -q '^strata: serving .*http://192.0.2.2/' "$log"
	check "strata enter: curl of the host reaches it" prints x entered curl -q -sS --max-time 20 http://192.0.2.2/one
	check 'a second strata takes the next TAP and address' second_machine
	check 'an entered command has its status' status_is 7 entered sh -c 'exit 7'
	check 'and its working directory' prints "$(pwd)" entered pwd
	kill -s TERM $server
	check 'TERM ends strata ns, and httpd inside it in order' status_is 0 wait $server
	check 'nothing is left' nothing_left
	check 'then there is nothing to enter' says 'none of this user' "$BUILD/strata" enter -- true
}

second_machine() {
	entered sh -c '"$1/strata" echo 2>&1 & echo=$!
		tries=50; until ping -q -c 1 -W 1 192.0.2.3; do [ $((tries -= 1)) -gt 0 ] || exit 1; sleep 0.1; done
		ip link show tap1 | grep "master strata0" && "$1/tests/client" pieces 192.0.2.3 7
		got=$?; kill -s INT $echo; wait $echo && exit $got' - "$BUILD"
}

# Killed without a word: all inside is gone with it, and the next start is not misled.
killed() {
	mark=ns-$$
	STRATA_MARK=$mark background ns -- sh -c 'trap "" TERM HUP; sleep 1000 & sleep 1000'
	within 60 entered true || return
	alive || return
	kill -s KILL $server
	wait $server 2>/dev/null
	within 60 gone || return
	says 'none of this user' "$BUILD/strata" enter -- true && nothing_left
}

# What goes into the background inside ends with the shell.
background_ends() {
	mark=background-$$
	STRATA_MARK=$mark "$BUILD/strata" ns -- sh -c 'sleep 1000 & exit 5'
	[ $? -eq 5 ] && within 60 gone && nothing_left
}

# A command that does not listen: TERM is passed on, and two seconds later everything ends.
stubborn() {
	mark=stubborn-$$
	STRATA_MARK=$mark background ns -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
	within 60 grep -q ready "$scratch/server.out" || return
	kill -s TERM $server
	[ -z "$1" ] || { sleep 0.2 && kill -s "$1" $server; }
	status_is 137 wait $server && within 60 gone && nothing_left
}

one_command() {
	background httpd --ns "$site"
	check '--ns: strata httpd in a network of its own' within 60 grep -q '^strata: serving .*http://192.0.2.2/' "$log"
	check 'which can be entered' prints x entered curl -q -sS --max-time 20 http://192.0.2.2/one
	kill -s KILL $server
	wait $server 2>/dev/null
	check 'killed, it does not mislead the next' says 'none of this user' "$BUILD/strata" enter -- true
	background httpd --ns "$site"
	check 'which starts as ever' within 60 grep -q '^strata: serving' "$log"
	kill -s INT $server
	check 'INT ends it with status 0' status_is 0 wait $server
	check 'and nothing is left' nothing_left
}

# A directory that others could write to is passed over for one in /tmp, which nobody else can read.
passed_over() {
	mkdir "$runtime/strata" && chmod 777 "$runtime/strata" || return
	prints "700 $(id -u)" "$BUILD/strata" ns -- sh -c "stat -c '%a %u' /tmp/strata-$(id -u) | sed 's/ 0$/ $(id -u)/'" || return
	rmdir "$runtime/strata" && [ ! -e "/tmp/strata-$(id -u)" ]
}

scene() {
	make_site
	check 'a list of our own' isolate
	check 'the bridge, and nothing else' furnished
	check 'nobody chatters on it' silent
	two_terminals
	check 'strata ns has the status of its command' status_is 3 "$BUILD/strata" ns -- sh -c 'exit 3'
	check 'and 127 where there is none' status_is 127 "$BUILD/strata" ns -- /nonexistent
	check 'what is in the background ends with it' background_ends
	check 'killed, it takes everything along' killed
	check 'a command that ignores TERM is killed after a while' stubborn ''
	check 'or at once by a second signal' stubborn TERM
	one_command
	check 'a directory of dubious mode is passed over' passed_over
}
play scene
