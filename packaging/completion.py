"""Completion of a daemon's options in bash, zsh and fish, made of what its parser knows."""


def kind(option):
    """What its value is completed with: words, or `files`, `devices`, both, or nothing."""
    if "|" in option.value:
        return option.value.split("|")
    return {"FILE": ["files"], "DEVICE": ["devices"], "DEVICES": ["devices"],
            "INPUT": ["devices", "files"]}.get(option.value, [])


DEVICES = "$(ls /sys/class/net 2>/dev/null)"


def bash(daemon):
    cases = []
    for option in daemon.listed():
        if not option.value:
            continue
        what = kind(option)
        words = [DEVICES if word == "devices" else word for word in what if word != "files"]
        act = ["files=-f"] if "files" in what else []
        act += [f"words=\"{' '.join(words)}\""] if words else []
        cases.append(f"    {'|'.join(option.names)}) {'; '.join(act + ['value=1'])} ;;")
    names = " ".join(name for option in daemon.listed() for name in option.names)
    return f"""# bash completion for {daemon.name}(8)
_{daemon.name}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  local words='' files='' value=''
  # --option=value is three words here.
  [[ $current == = ]] && current='' || {{ [[ $before == = ]] && before=${{COMP_WORDS[COMP_CWORD - 2]}}; }}
  case $before in
{chr(10).join(cases)}
  esac
  [[ $value ]] || words='{names}'
  [[ $files ]] && compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen $files -W "$words" -- "$current")
}}
complete -F _{daemon.name} {daemon.name}
"""


def quoted(text):
    return text.replace("'", "'\\''")


def zsh(daemon):
    lines = []
    for option in daemon.listed():
        told = quoted(option.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:"))
        value = ""
        if option.value:
            act = []
            for word in kind(option):
                act.append({"files": "_files", "devices": "_net_interfaces"}.get(word, word))
            if "|" in option.value:
                act = [f"({' '.join(act)})"]
            elif len(act) > 1:
                act = ["_alternative " + " ".join(f'"{name[1:]}:{name[1:]}:{name}"' for name in act)]
            value = f":{option.value.replace('|', ' or ')}:{''.join(act) or ' '}"
        spelled = [name + ("=" if name.startswith("--") else "+") if option.value else name
                   for name in option.names]
        if len(spelled) == 1:
            lines.append(f"  '{spelled[0]}[{told}]{value}'")
        else:
            lines.append(f"  '({' '.join(option.names)})'{{{','.join(spelled)}}}'[{told}]{value}'")
    body = " \\\n".join(lines)
    return f"""#compdef {daemon.name}
# zsh completion for {daemon.name}(8)
_arguments -s -S \\
{body}
"""


def fish(daemon):
    lines = [f"# fish completion for {daemon.name}(8)", f"complete -c {daemon.name} -f"]
    for option in daemon.listed():
        words = [f"complete -c {daemon.name}"]
        for name in option.names:
            words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
        what = kind(option)
        if option.value:
            words.append("-r -F" if "files" in what else "-x")
        given = ["(command ls /sys/class/net 2>/dev/null)" if word == "devices" else word
                 for word in what if word != "files"]
        if given:
            words.append(f"-a '{' '.join(given)}'")
        told = option.help.replace("\\", "\\\\").replace("'", "\\'")
        words.append(f"-d '{told}'")
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
