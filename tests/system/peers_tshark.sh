# Wireshark's verdict on what crosses the wire.
. "$(dirname "$0")/lib.sh"

dissect() {
	tshark -n -r "$scratch/capture.pcapng" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE "$@" >"$scratch/dissected" 2>"$scratch/tshark.log" && return
	echo "tshark ended with status $?:"
	cat "$scratch/tshark.log"
	return 1
}

# none FILTER: no frame is like this.
none() {
	dissect -Y "$1" || return
	head -n 20 "$scratch/dissected"
	[ ! -s "$scratch/dissected" ]
}

# some FILTER...: each finds a frame.
some() {
	for filter in "$@"; do
		dissect -Y "$filter" || return
		[ -s "$scratch/dissected" ] || { echo "no frame is $filter" && return 1; }
	done
}

# as_many FILTER FILTER: there are some, and both find the same number.
as_many() {
	dissect -Y "$1" || return
	first=$(wc -l <"$scratch/dissected")
	dissect -Y "$2" || return
	second=$(wc -l <"$scratch/dissected")
	echo "$first and $second frames"
	[ "$first" -gt 0 ] && [ "$first" -eq "$second" ]
}

# What TCP and a browser make.
pages() {
	make_site
	head -c 2000000 /dev/urandom >"$site/large"
	serve --pcap "$scratch/capture.pcapng" "$site"
	check 'pings' ping -q -c 20 -i 0.01 -s 99 $stack
	check 'a page' prints x fetch "http://$stack/one"
	check 'a large one' fetch -o /dev/null "http://$stack/large"
	check 'one that is not there' fetch -o /dev/null "http://$stack/missing"
	check 'a closed port' status_is 7 fetch "http://$stack:81/"
	stop

	check 'tshark reads the capture' dissect -c 1
	check 'nothing is malformed' none '_ws.malformed || _ws.short || _ws.unreassembled'
	check 'every IP checksum is right' as_many ip 'ip.checksum.status == "Good"'
	check 'every TCP checksum is right' as_many tcp 'tcp.checksum.status == "Good"'
	check 'every ICMP checksum is right' as_many icmp 'icmp.checksum.status == "Good"'
	check 'every ping has its reply' as_many 'icmp.type == 8' 'icmp.type == 0'
	check 'the responses are HTTP' as_many 'http.request' 'http.response'
	check 'no text is lost, and what a slow machine sends twice is the same' none 'tcp.analysis.lost_segment || tcp.segment.overlap.conflict'
	check 'only ARP, ICMP and TCP cross the wire' none '!(arp || icmp || tcp)'
}

# Fragments, UDP and ICMP errors, both ways.
datagrams() {
	start echo --pcap "$scratch/capture.pcapng"
	for size in 0 1 1472 1473 2952 2953 8192 32767 65507; do
		check "a ping of $size bytes" ping -q -c 2 -i 0.01 -W 5 -s $size $stack
	done
	check 'UDP of every length' "$BUILD/tests/udp_peer" echo $stack 7
	check 'UDP, chargen' "$BUILD/tests/udp_peer" chargen $stack
	check 'UDP to a closed port' "$BUILD/tests/udp_peer" refused $stack 1007
	stop

	check 'datagrams: nothing is malformed' none '_ws.malformed || _ws.short || _ws.unreassembled'
	check 'no fragment overlaps, lacks or contradicts another' none \
		'ip.fragment.overlap || ip.fragment.error || ip.fragment.multipletails || ip.fragment.toolongfragment'
	check 'every IP checksum is right, in errors too' as_many ip 'ip && !(ip.checksum.status != "Good")'
	check 'every UDP checksum is right' as_many 'udp && !icmp' 'udp.checksum.status == "Good" && !icmp'
	check 'every ICMP checksum is right' as_many icmp 'icmp.checksum.status == "Good"'
	check 'every ping has its reply' as_many 'icmp.type == 8' 'icmp.type == 0'
	check 'replies were put together from fragments' as_many 'icmp.type == 8 && ip.fragments' 'icmp.type == 0 && ip.fragments'
	check 'as much UDP went as came' as_many 'udp.dstport == 7' 'udp.srcport == 7'
	check 'the closed port was told of' as_many 'udp.dstport == 1007 && !icmp' 'icmp.type == 3 && icmp.code == 3'

	start echo --pcap "$scratch/capture.pcapng"
	check 'hostile frames' timeout 60 "$BUILD/tests/hostile" tap0 02:00:c0:00:02:02 attacks 1
	stop
	ours='eth.src == 02:00:c0:00:02:02'
	errors='(icmp.type == 3 || icmp.type == 12)' # they quote what was hostile
	check 'strata answers them with pongs, errors and resets' some "$ours && icmp.type == 0" "$ours && icmp.type == 3" \
		"$ours && icmp.type == 12" "$ours && tcp.flags.reset == 1"
	check 'of which nothing is malformed' none "$ours && !$errors && (_ws.malformed || _ws.short)"
	check 'and every checksum is right' none "$ours && (icmp.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" ||
		(!$errors && ip.checksum.status == \"Bad\"))"
}

scene() {
	pages
	datagrams
}
play scene
