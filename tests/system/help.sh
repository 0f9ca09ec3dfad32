# What strata says of itself: helps, the manual page, completion, and what is installed.
. "$(dirname "$0")/lib.sh"

commands() { "$BUILD/strata" help | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p'; }
options() { "$BUILD/strata" help "$1" | grep -oE '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,' | sort -u; }

# Every command tells how it is used, in either way of asking.
helps() {
	[ "$(commands | wc -l)" -ge 9 ] || return
	for command in $(commands); do
		"$BUILD/strata" help $command >"$scratch/help" && grep "^    strata $command" "$scratch/help" || return
		[ $command = help ] || { "$BUILD/strata" $command --help | cmp - "$scratch/help" || return; }
	done
}

# Every option of a machine is one that is taken. What follows it is refused, whether it is the option's value or not.
known() {
	for option in $(options echo); do
		"$BUILD/strata" echo $option --no-such-option argument 2>"$scratch/refusal" && return 1
		! grep -e "failed on $option: there is no such option" "$scratch/refusal" || return
		grep '^strata: reading the command line failed' "$scratch/refusal" || return
	done
}

# httpd_tells OPTION...: its help has these, and it takes them: with what stands behind them it comes as far as the directory.
httpd_tells() {
	for option in "$@"; do
		"$BUILD/strata" help httpd | grep -q "^  ${option%% *} " || { echo "no $option" && return 1; }
		says '/nonexistent' "$BUILD/strata" httpd $option /nonexistent || return
	done
}

# The page as a reader sees it has every command and every option.
page() {
	scripts/man "$BUILD/strata" >"$scratch/strata.1" || return
	sed 's/\\-/-/g; s/\\e/\\/g; s/^\\&//' "$scratch/strata.1" >"$scratch/text"
	for command in $(commands); do
		grep -qx "\.SS $command" "$scratch/text" || { echo "no $command" && return 1; }
		for option in $(options $command); do
			grep -q -- "$option" "$scratch/text" || { echo "no $option" && return 1; }
		done
	done
}
sound() { LC_ALL=C.UTF-8 man --warnings -l "$scratch/strata.1" 2>"$scratch/warnings" >/dev/null; [ ! -s "$scratch/warnings" ] || { cat "$scratch/warnings" && return 1; }; }

# complete WORD...: what bash offers for the last of them.
complete_words() {
	bash -c '. scripts/completion.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _strata; echo ${COMPREPLY[@]}' bash "$BUILD/strata" "$@"
}

scene() {
	check 'every command has a help' helps
	check 'and every option in it is taken' known
	check 'httpd has its own' httpd_tells '--port 8080' '--keep-alive 5,100' -v
	check 'the manual page has all of them' page
	if command -v man >/dev/null; then
		check 'and is sound' sound
	else
		report ok 'and is sound' 'there is no man command (man-db)'
	fi
	check 'bash completes a command' prints doctor complete_words doc
	check 'and an option' prints '--nat' complete_words up --n
	check 'a command that is not there' says 'there is no such command' "$BUILD/strata" nothing
	for command in ns enter up down doctor; do
		check "$command takes no option that is not there" says '--none' "$BUILD/strata" $command --none
	done
}
play scene
