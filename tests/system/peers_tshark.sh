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

# as_many FILTER FILTER: there are some, and both find the same number.
as_many() {
	dissect -Y "$1" || return
	first=$(wc -l <"$scratch/dissected")
	dissect -Y "$2" || return
	second=$(wc -l <"$scratch/dissected")
	echo "$first and $second frames"
	[ "$first" -gt 0 ] && [ "$first" -eq "$second" ]
}

scene() {
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
	check 'nothing was lost, sent twice or out of order' none \
		'tcp.analysis.retransmission || tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.duplicate_ack'
	check 'only ARP, ICMP and TCP cross the wire' none '!(arp || icmp || tcp)'
}
play scene
