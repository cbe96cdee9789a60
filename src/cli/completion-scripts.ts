// Scripts that let shells complete kms commands by asking `kms complete`.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Bash splits a uid at @ and :, and expects only the part after the last of them. */
const BASH = `# Completion of kms for bash: eval "$(kms completion bash)"
_kms() {
  local line=\${COMP_LINE:0:COMP_POINT}
  local -a words=()
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local begun=\${words[-1]} candidate
  local kept=\${begun%"\${begun##*[@:=]}"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("$(printf %q "\${candidate#"$kept"}")")
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _kms kms
`;

const ZSH = `#compdef kms
# Completion of kms for zsh: eval "$(kms completion zsh)"
_kms() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $candidates ]] && compadd -- "\${(@)candidates}"
}
compdef _kms kms
`;

const FISH = `# Completion of kms for fish: kms completion fish | source
complete -c kms -f -a '(kms complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Returns the script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
