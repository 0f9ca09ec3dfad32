# strata dig against real name servers: dnsmasq, which answers for others as a home gateway does, and NSD, which holds a zone.
#
#     192.0.2.2  strata        192.0.2.53  dnsmasq        192.0.2.55  dnsmasq, stopped: it hears and does not answer
#                              192.0.2.54  NSD            192.0.2.56  nobody listens      192.0.2.99  nobody has it
#
# The servers' addresses lie on the loopback device, so that they are there before strata's TAP is.
. "$(dirname "$0")/lib.sh"

# The same zone for both. 15 texts of 200 bytes do not fit into a datagram of 1232.
text=$(printf 'x%.0s' $(seq 200))

zone() {
	cat <<-END
		\$ORIGIN example.
		\$TTL 300
		@ 3600 IN SOA ns.example. hostmaster.example. 7 7200 900 1209600 60
		@ IN NS ns.example.
		@ IN MX 10 mail.example.
		@ IN TXT "v=spf1 -all" "a \"b\""
		ns IN A 192.0.2.54
		mail IN A 192.0.2.25
		web IN A 198.51.100.80
		web IN AAAA 2001:db8::80
		www IN CNAME web
		far IN CNAME host.elsewhere.
		gone IN CNAME nowhere.example.
		loop IN CNAME loop2
		loop2 IN CNAME loop
	END
	for n in $(seq 15); do
		echo "big IN TXT \"$n$text\""
	done
}

start_nsd() {
	mkdir "$scratch/nsd"
	zone >"$scratch/nsd/example"
	printf '$ORIGIN elsewhere.\n@ 60 IN SOA a. b. 1 2 3 4 5\n@ 60 IN NS a.\nhost 60 IN A 198.51.100.81\n' >"$scratch/nsd/elsewhere"
	printf '$ORIGIN 100.51.198.in-addr.arpa.\n@ 60 IN SOA a. b. 1 2 3 4 5\n@ 60 IN NS a.\n80 60 IN PTR web.example.\n' >"$scratch/nsd/reverse"
	cat >"$scratch/nsd/conf" <<-END
		server:
			ip-address: 192.0.2.54
			username: ""
			chroot: ""
			zonesdir: "$scratch/nsd"
			database: ""
			pidfile: "$scratch/nsd/pid"
			xfrdfile: "$scratch/nsd/xfrd"
			xfrdir: "$scratch/nsd"
			zonelistfile: "$scratch/nsd/list"
			server-count: 1
		remote-control:
			control-enable: no
		zone:
			name: example
			zonefile: example
		zone:
			name: elsewhere
			zonefile: elsewhere
		zone:
			name: 100.51.198.in-addr.arpa
			zonefile: reverse
	END
	nsd -d -c "$scratch/nsd/conf" >"$scratch/nsd/log" 2>&1 &
	within 60 grep -q 'nsd started' "$scratch/nsd/log" || { cat "$scratch/nsd/log" && return 1; }
}

# start_dnsmasq ADDRESS. Types that it has no option for are given in hexadecimal: NS ns.example. and the SOA above.
start_dnsmasq() {
	said=$scratch/dnsmasq.$1
	set -- --listen-address="$1" --bind-interfaces --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user=root \
		--pid-file= --local=/example/ --local=/100.51.198.in-addr.arpa/ --local-ttl=300 \
		--mx-host=example,mail.example,10 --txt-record=example,'v=spf1 -all','a "b"' --address=/mail.example/192.0.2.25 \
		--host-record=web.example,198.51.100.80,2001:db8::80 --cname=www.example,web.example \
		--dns-rr=example,2,026e73076578616d706c6500 \
		--dns-rr=example,6,026e73076578616d706c65000a686f73746d6173746572076578616d706c65000000000700001c2000000384001275000000003c
	for n in $(seq 15); do
		set -- "$@" --txt-record=big.example,"$n$text"
	done
	dnsmasq "$@" >"$said" 2>&1 &
	dnsmasq=$!
	within 60 grep -q 'started, version' "$said" || { cat "$said" && return 1; }
}

dig() { timeout 60 "$BUILD/strata" dig "$@" 2>"$log"; }

# answers SERVER NAME TYPE TTL TEXT: the answer section is these lines (as regular expressions, without the blanks), and nothing else is wrong.
answers() {
	dig @"$1" +noall +answer "$2" "$3" >"$scratch/answer" || { echo "status $?" && return 1; }
	tr -s '\t ' ' ' <"$scratch/answer" >"$scratch/squeezed"
	printf '%s\n' "$4" >"$scratch/expected"
	diff "$scratch/expected" "$scratch/squeezed"
}

# says PATTERN DIG'S ARGUMENTS...: the output has a line like this, and the exit status is 0.
says() {
	pattern=$1
	shift
	dig "$@" >"$scratch/said"
	got=$?
	cat "$scratch/said"
	[ $got -eq 0 ] && grep -Eq -- "$pattern" "$scratch/said"
}

# both SERVER NAME: what is the same with either
both() {
	check "$2: A" answers $1 web.example A 'web.example. 300 IN A 198.51.100.80'
	check "$2: AAAA" answers $1 web.example AAAA 'web.example. 300 IN AAAA 2001:db8::80'
	check "$2: CNAME" answers $1 www.example CNAME 'www.example. 300 IN CNAME web.example.'
	check "$2: MX" answers $1 example MX 'example. 300 IN MX 10 mail.example.'
	check "$2: TXT" answers $1 example TXT 'example. 300 IN TXT "v=spf1 -all" "a \"b\""'
	check "$2: NS" answers $1 example NS 'example. 300 IN NS ns.example.'
	check "$2: an alias is followed" answers $1 www.example A "www.example. 300 IN CNAME web.example.
web.example. 300 IN A 198.51.100.80"
	check "$2: the spelling is the user's" answers $1 WEB.eXample A 'WEB.eXample. 300 IN A 198.51.100.80'
	check "$2: +short" prints 'web.example.
198.51.100.80' dig @$1 +short www.example
	check "$2: -x" says '^web\.example\.$' @$1 +short -x 198.51.100.80
	check "$2: NXDOMAIN" says 'status: NXDOMAIN' @$1 nowhere.example
	check "$2: no data" says 'ANSWER: 0,' @$1 web.example MX
	check "$2: which is no error" grep -q 'status: NOERROR' "$scratch/said"
	check "$2: of which nothing is printed" prints '' dig @$1 +short web.example MX
	check "$2: REFUSED" says 'status: REFUSED' @$1 www.not-here
	check "$2: UDP" says 'SERVER: .* \(UDP\)' @$1 web.example
	check "$2: +tcp" says 'SERVER: .* \(TCP\)' @$1 +tcp web.example
	check "$2: cut short, and so by TCP" says 'Truncated, retrying in TCP' @$1 big.example TXT
	check "$2: all of it" test "$(grep -c 'TXT.*xxxxx' "$scratch/said")" -eq 15
	check "$2: --json" says '^\{"name":"www.example.","type":"A","status":"NOERROR","source":"server","server":"'$1'","port":53,"transport":"udp","time_ms":[0-9.]*,"answers":\[\{"name":"www.example.","ttl":300,"type":"CNAME","data":"web.example."\},\{"name":"web.example.","ttl":300,"type":"A","data":"198.51.100.80"\}\]\}$' @$1 --json www.example
}

# dissect FILTER [TSHARK'S ARGUMENTS...]: frames of the capture that are like this
dissect() {
	filter=$1
	shift
	tshark -n -r "$scratch/capture.pcapng" -o udp.check_checksum:TRUE -Y "$filter" "$@" 2>"$scratch/tshark.log" || cat "$scratch/tshark.log"
}

# messages FILTER: the name, type and transport of each DNS message that is like this, once: a busy server hears a question twice.
messages() {
	dissect "$1" -T fields -e dns.qry.name -e dns.qry.type -e ip.proto | tr '[:upper:]' '[:lower:]' | LC_ALL=C sort -u
}

captured() {
	rm -f "$scratch/capture.pcapng"
	check 'with a capture' dig --pcap "$scratch/capture.pcapng" @192.0.2.53 www.example A example MX big.example TXT
	check 'tshark: nothing is malformed' test -z "$(dissect '_ws.malformed || udp.checksum.status == "Bad"')"
	check 'tshark: four questions, of which one by TCP' prints "$(printf '%s\t%d\t%d\n' \
		big.example 16 17 big.example 16 6 example 15 17 www.example 1 17)" messages 'dns.flags.response == 0'
	check 'tshark: every question has its answer' prints "$(messages 'dns.flags.response == 0')" messages 'dns.flags.response == 1'
	check 'tshark: EDNS with 1232 bytes' prints "$(messages 'dns.flags.response == 0')" \
		messages 'dns.flags.response == 0 && dns.rr.udp_payload_size == 1232'
}

silence() {
	check 'an alias into another zone, asked for by itself' answers 192.0.2.54 far.example A "far.example. 300 IN CNAME host.elsewhere.
host.elsewhere. 60 IN A 198.51.100.81"
	check 'an alias of nothing' says 'status: NXDOMAIN' @192.0.2.54 gone.example
	check 'aliases in a circle end' says 'aliases have no end' @192.0.2.54 loop.example
	check 'NSD: SOA' answers 192.0.2.54 example SOA \
		'example. 3600 IN SOA ns.example. hostmaster.example. 7 7200 900 1209600 60'
	check 'dnsmasq: SOA' answers 192.0.2.53 example SOA \
		'example. 300 IN SOA ns.example. hostmaster.example. 7 7200 900 1209600 60'
	check 'nobody listens: status 9' status_is 9 dig @192.0.2.56 web.example
	check 'nobody is there: status 9' status_is 9 dig @192.0.2.99 web.example
	check 'a server that is silent: status 9' status_is 9 dig @192.0.2.55 web.example
	# without them it would wait for seven seconds
	check '+time and +tries are kept' status_is 9 timeout 6 "$BUILD/strata" dig +time=1 +tries=1 @192.0.2.55 web.example
	for dead in 55 56 99; do
		check "two servers, of which 192.0.2.$dead is dead" prints 198.51.100.80 dig --dns 192.0.2.$dead --dns 192.0.2.53 +short web.example
	done
	check 'a server that refuses, and one that knows' prints 198.51.100.81 dig --dns 192.0.2.53 --dns 192.0.2.54 +short host.elsewhere
	check 'the second time from the cache' says '^;; Got answer from the cache' @192.0.2.53 www.example A www.example A
	check 'what is not there too' says '^;; Got answer from the cache: status: NXDOMAIN' @192.0.2.54 no.example A no.example MX
	check '+trace-cache' says '^;; cached: www.example. A: NOERROR, 2 records, (300|29.) s left' @192.0.2.53 +trace-cache www.example
	check 'a fixed name asks nobody' prints 198.51.100.9 dig --dns 192.0.2.99 --host my.example=198.51.100.9 +short my.example
	check 'a number asks nobody' prints 198.51.100.9 dig --dns 192.0.2.99 +short 198.51.100.9
	check 'a server by its name' prints 198.51.100.80 dig --host ns=192.0.2.53 @ns +short web.example
	check 'wrong usage: status 1' status_is 1 dig +nonsense
}

scene() {
	ip link set lo up
	for address in 53 54 55 56; do
		ip address add 192.0.2.$address/32 dev lo
	done
	check 'NSD starts' start_nsd
	check 'a dnsmasq that will be silent starts' start_dnsmasq 192.0.2.55
	kill -STOP $dnsmasq
	check 'dnsmasq starts' start_dnsmasq 192.0.2.53
	both 192.0.2.53 dnsmasq
	both 192.0.2.54 NSD
	silence
	captured
}
play scene
