# Completion of strata's command line in bash: commands, and the options that their helps tell.
_strata() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	if ((COMP_CWORD == 1)) || [[ $command == help && $COMP_CWORD == 2 ]]; then
		COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')" -- "$word"))
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" help "$command" 2>/dev/null | sed -n 's/^  *\(--[a-z-]*\).*/\1/p')" -- "$word"))
	fi
}
complete -o default -F _strata strata
