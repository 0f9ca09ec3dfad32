# strata curl and ping on a network as people have it: a bridge, a name server, a router that masquerades, and nginx behind it.
#
#     strata 192.0.2.112 -- tap0 --+
#     dnsmasq 192.0.2.3 -----------+-- bridge "lan"
#     router 192.0.2.254 ----------+
#            198.51.100.254 ------------------------ nginx 198.51.100.80, which knows no way back but to the router
#
# Name server, router and web server are the kernel's, each in a network namespace of its own, which ends with the process that holds it.
. "$(dirname "$0")/lib.sh"
web=198.51.100.80
url=http://$web

# house NAME: a namespace; its process is $NAME, and in_NAME runs something there.
house() {
	unshare --net sleep 1000 &
	eval "$1=$!"
	within 60 different $!
	nsenter -t $! -n sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
		ip link set lo up'
}

different() { [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$1/ns/net)" ]; }

# wire PID1 DEVICE1 PID2 DEVICE2: a cable between two of them
wire() { ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"; }

# at PID COMMAND...
at() {
	pid=$1
	shift
	nsenter -t "$pid" -n "$@"
}

build_network() {
	house names && house router && house server &&
		ip link add lan type bridge && ip link set lan up &&
		wire $$ to_names $names lan && wire $$ to_router $router lan && wire $router out $server out &&
		ip link set to_names master lan up && ip link set to_router master lan up &&
		at $names ip address add 192.0.2.3/24 dev lan && at $names ip link set lan up &&
		at $router ip address add 192.0.2.254/24 dev lan && at $router ip link set lan up &&
		at $router ip address add 198.51.100.254/24 dev out && at $router ip link set out up &&
		at $server ip address add $web/24 dev out && at $server ip link set out up &&
		at $router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' &&
		at $router nft 'table ip nat { chain post { type nat hook postrouting priority 100; oifname "out" masquerade; }; }' &&
		ip tuntap add tap0 mode tap && ip link set tap0 master lan up
}

start_dnsmasq() {
	at $names dnsmasq --listen-address=192.0.2.3 --bind-interfaces --no-daemon --no-resolv --no-hosts --conf-file=/dev/null \
		--user=root --pid-file= --host-record=demo.example,$web >"$scratch/dnsmasq" 2>&1 &
	within 60 grep -q 'started, version' "$scratch/dnsmasq"
}

start_nginx() {
	mkdir "$scratch/site" "$scratch/nginx" && chmod 755 "$scratch" &&
		printf 'Bonjour toi ;-)\n' >"$scratch/site/index.html" &&
		printf '<!--# echo var="none" default="in chunks" -->\n' >"$scratch/site/page.shtml" &&
		seq 10000 >"$scratch/site/numbers.txt"
	cat >"$scratch/nginx/conf" <<-END
		user root root;
		daemon off;
		master_process off;
		pid $scratch/nginx/pid;
		error_log $scratch/nginx/log;
		events {}
		http {
			access_log off;
			types { text/html html shtml; text/plain txt; }
			client_body_temp_path $scratch/nginx/1;
			proxy_temp_path $scratch/nginx/2;
			fastcgi_temp_path $scratch/nginx/3;
			uwsgi_temp_path $scratch/nginx/4;
			scgi_temp_path $scratch/nginx/5;
			gzip on;
			gzip_types text/plain;
			client_max_body_size 10;
			server {
				listen $web:80;
				root $scratch/site;
				location ~ shtml { ssi on; }
				location /none { return 444; }
				location /old { return 301 /; }
				location /far { return 302 http://demo.example/numbers.txt; }
			}
		}
	END
	at $server nginx -c "$scratch/nginx/conf" -e "$scratch/nginx/log" >"$scratch/nginx/out" 2>&1 &
	within 60 at $server curl -q -sf -o /dev/null http://$web/ || { cat "$scratch/nginx/out" "$scratch/nginx/log" && return 1; }
}

strata() {
	verb=$1
	shift
	timeout 60 "$BUILD/strata" "$verb" --tap tap0 --ip 192.0.2.112/24 --host-ip none --gateway 192.0.2.254 --dns 192.0.2.3 "$@" 2>"$log"
}

# ends STATUS TEXT ARGUMENTS...: strata curl ends with this status, having printed exactly this.
ends() {
	wanted_status=$1 wanted_text=$2
	shift 2
	got=$(strata curl -sS "$@")
	status=$?
	[ $status -eq "$wanted_status" ] || { echo "status $status instead of $wanted_status" && cat "$log" && return 1; }
	[ "$got" = "$wanted_text" ] || { echo "printed '$got' instead of '$wanted_text'" && return 1; }
}

says() { grep -qF -- "$1" "$log" || { cat "$log" && return 1; }; }

# fields FILTER FIELD...: of each frame of the capture that is like this
fields() {
	filter=$1
	shift
	tshark -n -r "$scratch/capture.pcapng" -Y "$filter" -T fields -E separator=' ' $(printf ' -e %s' "$@") 2>"$scratch/tshark.log"
}

# The steps of stack/README.md, as tshark sees them; what is after them, and our announcements, are left out.
same_steps() {
	fields '!arp.isannouncement' arp.opcode arp.dst.proto_ipv4 dns.flags.response dns.qry.name tcp.flags tcp.seq tcp.ack tcp.len |
		tr -s ' ' | tr 'A-Z' 'a-z' | sed 's/^ //; s/ $//' >"$scratch/steps"
	length=$(fields http.request tcp.len)
	cat >"$scratch/expected" <<-END
		1 192.0.2.3
		2 192.0.2.112
		0 demo.example
		1 demo.example
		1 192.0.2.254
		2 192.0.2.112
		0x0002 0 0 0
		0x0012 0 1 0
		0x0010 1 1 0
		0x0018 1 1 $length
		0x0010 1 $((length + 1)) 0
		0x0018 1 $((length + 1)) $(fields http.response tcp.len)
	END
	sed 's/false/0/; s/true/1/' "$scratch/steps" | head -n 12 | diff "$scratch/expected" - || { cat "$scratch/steps" && return 1; }
}

# one FILTER: exactly one frame is like this.
one() { [ "$(fields "$1" frame.number | wc -l)" -eq 1 ] || { fields "$1" frame.number && return 1; }; }

# A bridge takes a moment until it forwards for a TAP that has just got its carrier; what was lost meanwhile is sent anew, and then the
# steps are more.
lived() {
	rm -f "$scratch/capture.pcapng"
	ends 0 'Bonjour toi ;-)' -v --pcap "$scratch/capture.pcapng" http://demo.example/ && same_steps
}

story() {
	gateway=$(at $router ip -o link show dev lan | sed 's|.*link/ether ||; s| .*||')
	check 'tshark: a page by name takes the same steps as in the capture of a real machine' within 60 lived
	check 'as curl shows it' says "* Connected to demo.example ($web) port 80 (#0)"
	check 'tshark: the SYN goes to the gateway, with its options' one "tcp.flags == 0x002 && eth.dst == $gateway &&
		tcp.options.mss_val == 1460 && tcp.options.sack_perm && tcp.options.timestamp.tsecr == 0 && tcp.options.wscale.shift == 7 &&
		tcp.window_size_value == 64240"
	check 'tshark: the SYN ACK comes from there, and its TTL shows one router' one "tcp.flags == 0x012 && eth.src == $gateway && ip.ttl == 63"
	check 'tshark: the web server is never asked for by ARP' test -z "$(fields "arp.dst.proto_ipv4 == $web" frame.number)"
	check 'tshark: all is well formed' test -z "$(fields _ws.malformed frame.number)"
}

nginx_speaks() {
	check 'chunks' ends 0 'in chunks' -v $url/page.shtml
	check 'are what they were' says 'Transfer-Encoding: chunked'
	check 'a range' ends 0 onj -r 1-3 $url/
	check 'resume' ends 0 'toi ;-)' -C 8 $url/
	check 'a large page' large
	check 'gzip is passed through' gzipped
	check 'a redirect' ends 0 'Bonjour toi ;-)' -L $url/old
	check 'two URLs over one connection' ends 0 'Bonjour toi ;-)
Bonjour toi ;-)' -v $url/ $url/
	check 'it is used again' says '* Re-using existing connection #0'
	check 'closed without a word: 52' ends 52 '' $url/none
	check 'refused before all is sent: 413' refused_early
	check 'a page that is not there: 22' ends 22 '' -f $url/nowhere
	check 'HEAD' heads
	check 'HTTP/1.0' ends 0 'Bonjour toi ;-)' --http1.0 $url/
}

large() { strata curl -s $url/numbers.txt | cmp - "$scratch/site/numbers.txt"; }

heads() { strata curl -sI $url/ | grep -q '^Content-Length: 16'; }

gzipped() { strata curl -s -H 'Accept-Encoding: gzip' $url/numbers.txt | gzip -dc | cmp - "$scratch/site/numbers.txt"; }

refused_early() {
	head -c 3000000 /dev/zero | tr '\0' x >"$scratch/large"
	strata curl -s -i -d @"$scratch/large" $url/ | grep -q '^HTTP/1.1 413'
}

conditional() {
	tag=$(strata curl -sI $url/ | sed -n 's/^ETag: \(.*\)\r$/\1/p')
	strata curl -s -i -H "If-None-Match: $tag" $url/ | grep -q '^HTTP/1.1 304'
}

pings() {
	strata ping -c 2 -i 0.1 demo.example >"$scratch/ping"
	check 'ping by name, across the router' grep -Eq "^64 bytes from $web: icmp_seq=2 ttl=63 time=" "$scratch/ping"
	strata ping -c 1 -t 1 $web >"$scratch/ping"
	check 'a TTL that runs out at the router' grep -qx 'From 192.0.2.254 icmp_seq=1 Time to live exceeded' "$scratch/ping"
	strata ping -c 1 203.0.113.1 >"$scratch/ping"
	check 'where the router knows no way' grep -qx 'From 192.0.2.254 icmp_seq=1 Destination Net Unreachable' "$scratch/ping"
}

scene() {
	check 'a bridge, a name server, a router and a web server' build_network
	check 'dnsmasq starts' start_dnsmasq
	check 'nginx starts' start_nginx
	story
	nginx_speaks
	check 'a page that has not changed' conditional
	pings
}
play scene
