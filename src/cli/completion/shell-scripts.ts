import type { CommandWords, OptionWords } from './command-words.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

export const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** The script a shell loads: `source <(holdfast completion bash)`. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

function bashScript(commands: readonly CommandWords[]): string {
  const flags = commands.map(
    ({ name, options }) => `    ${name}) words="${flagsOf(options).join(' ')} --help" ;;`,
  );
  const choices = commands.flatMap(({ name, options }) =>
    options
      .filter((option) => option.choices.length > 0)
      .map((option) => {
        const patterns = option.flags.map((flag) => `${name}:${flag}`).join('|');
        return `    ${patterns}) COMPREPLY=($(compgen -W "${option.choices.join(' ')}" -- "$current")); return ;;`;
      }),
  );
  const plain = commands
    .filter((command) => command.choices.length > 0)
    .map(({ name, choices: all }) => `    ${name}) plain="${all.join(' ')}" ;;`);
  return `# bash completion of holdfast: source <(holdfast completion bash)
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words="" plain=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "$command:$previous" in
${choices.join('\n')}
  esac
  case "$command" in
${flags.join('\n')}
  esac
  case "$command" in
${plain.join('\n')}
  esac
  if [ -n "$plain" ] && [ "\${current#-}" = "$current" ]; then
    COMPREPLY=($(compgen -W "$plain" -- "$current"))
    return
  fi
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _holdfast holdfast
`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    ${quote(`${name}:${escapeColon(summary)}`)}`);
  const cases = commands.map(({ name, choices, options }) => {
    const rest = choices.length > 0 ? `*:value:(${choices.join(' ')})` : '*:file:_files';
    const specs = options.map((option) => `        ${zshSpec(option)} \\`);
    return `    ${name})\n      _arguments -s \\\n${specs.join('\n')}\n        '${rest}' ;;`;
  });
  return `#compdef holdfast
# zsh completion of holdfast: source <(holdfast completion zsh)
_holdfast() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _holdfast holdfast
`;
}

function zshSpec({ flags, description, choices, takesValue }: OptionWords): string {
  const [first = '', second] = flags;
  const names = second === undefined ? first : `{${first},${second}}`;
  const value = takesValue ? `:value:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}` : '';
  const text = quote(`[${description.replace(/[[\\]:]/g, '\\\\$&')}]${value}`);
  return `'*'${names}${text}`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const top = commands.map(
    ({ name, summary }) => `complete -c holdfast -f -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  const options = commands.flatMap(({ name, options: all }) =>
    all.map((option) => {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const values =
        option.choices.length > 0
          ? ` -x -a ${quote(option.choices.join(' '))}`
          : option.takesValue
            ? ' -r'
            : '';
      const when = `-n '__fish_seen_subcommand_from ${name}'`;
      return `complete -c holdfast ${when} ${flags.join(' ')}${values} -d ${quote(option.description)}`;
    }),
  );
  const values = commands
    .filter(({ choices }) => choices.length > 0)
    .map(
      ({ name, choices }) =>
        `complete -c holdfast -f -n '__fish_seen_subcommand_from ${name}' -a ${quote(choices.join(' '))}`,
    );
  return `# fish completion of holdfast: holdfast completion fish | source\n${[...top, ...values, ...options].join('\n')}\n`;
}

function flagsOf(options: readonly OptionWords[]): readonly string[] {
  return options.flatMap(({ flags }) => flags);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapeColon(text: string): string {
  return text.replaceAll(':', '\\:');
}
