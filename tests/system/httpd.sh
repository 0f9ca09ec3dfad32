# How the server begins and ends, and what it leaves.
. "$(dirname "$0")/lib.sh"

devices() { sed -n 's/^ *\([^:]*\):.*/\1/p' /proc/net/dev; }

no_tap_left() { ! devices | grep '^tap'; }

magic() { od -An -tx1 -N4 "$1"; }

numbered() {
	cat "$scratch/server.log"
	# frames 1, 2, 3 ... without a gap; strata's own sentences stand between them
	awk '$1 ~ /^[0-9]+$/ { if ($1 != ++n) exit 1 } END { exit n < 8 }' "$scratch/server.log"
}

wrong_usage() {
	"$BUILD/strata" httpd --no-such-option 2>"$scratch/usage"
	got=$?
	cat "$scratch/usage"
	[ $got -eq 2 ] && grep -q '^strata: ' "$scratch/usage"
}

second_refused() {
	status_is 2 "$BUILD/strata" httpd 2>"$scratch/second" || return
	prints "strata: setting the host's address failed on tap1: tap0 has 192.0.2.1 in the same network; \
do: $BUILD/strata httpd --ip 198.51.100.2/24" cat "$scratch/second"
}

# A server of its own, until it serves.
second_serves() {
	rm -f "$scratch/second"
	"$BUILD/strata" httpd "$@" 2>"$scratch/second" &
	second=$!
	within 60 grep -q '^strata: serving' "$scratch/second"
	served=$?
	kill $second
	wait $second && return $served
}

scene() {
	make_site
	serve "$site"
	check 'a TAP is there' sh -c 'grep -q "^ *tap0:" /proc/net/dev'
	check 'it carries a page' prints x fetch "http://$stack/one"
	stop INT
	check 'the TAP is gone' no_tap_left

	serve --trace=packets --pcap "$scratch/capture.pcapng" "$site"
	check 'again, and captured' prints x fetch "http://$stack/one"
	check 'every frame is told, by its number' within 60 numbered
	stop TERM
	check 'the TAP is gone again' no_tap_left
	check 'the capture is pcapng' prints ' 0a 0d 0d 0a' magic "$scratch/capture.pcapng"
	check 'and holds the page' grep -aq 'GET /one HTTP/1.1' "$scratch/capture.pcapng"

	serve --trace=packets "$site"
	printf 'GET /one HTTP/1.1\r\n' | timeout 60 "$BUILD/tests/http_client" say $stack 80 &
	client=$!
	check 'half a request' within 60 grep -q '<- .* len 19 ' "$log"
	stop INT
	check 'is ended in order' grep -- '-> .* FIN ' "$log"
	wait $client

	stack=198.51.100.9
	serve --tap strata7 --ip 198.51.100.9/24 --host-ip 198.51.100.1 --port 8080 "$site"
	check 'another device, address and port' prints x fetch "http://$stack:8080/one"
	stop

	stack=192.0.2.2
	serve "$site"
	check 'a second one in the same network is refused, with what to do' second_refused
	check 'unless the host is left alone' second_serves --host-ip none
	check 'or it takes the network that was named' second_serves --ip 198.51.100.2/24
	stop
	serve --pcap /dev/full "$site"
	kill $server
	check 'a capture that cannot be written: status 1' status_is 1 wait $server
	check 'and it is told' prints "strata: writing the capture failed on /dev/full: No space left on device; do: df -h" \
		tail -n 1 "$log"
	check 'wrong usage is told, with status 2' wrong_usage
	check 'a folder that is not there: status 2' status_is 2 "$BUILD/strata" httpd "$scratch/nowhere"
}
play scene
