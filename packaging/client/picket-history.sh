# shellcheck shell=bash
# Sends every command of an interactive bash to syslog as user.info, for Picket. Copy to /etc/profile.d/; on Debian and
# Ubuntu also load it from /etc/bash.bashrc (README.md). Works with bash 4.2 and newer; other shells pass over it.
#
#   alice: HISTORY:PID=812 PPID=811 SID=812 USER=alice UID=1000 N=57 RC=0 PWD=/srv/my\ files CMD=echo "a\nb"

# Only in an interactive bash that has a logger, and only once. Other shells read this file too: nothing here may be
# grammar that they do not know.
if [ -n "${BASH_VERSION-}" ] && [ -n "${PS1-}" ] && ! declare -F __picket >/dev/null && command -v logger >/dev/null; then
  # A command of several lines is one entry of the history, its lines joined with `;` where bash can.
  shopt -s cmdhist
  shopt -u lithist
  # Without it logger cuts at 1 KiB. Old ones (util-linux before 2.26) do not know it.
  __picket_size=
  case $(logger --help 2>&1) in *--size*) __picket_size=-S64K ;; esac

  __picket() {
    local rc=$? c n u p
    # HISTCONTROL=   # remove the # in front: commands with a leading blank, and repeats, are sent too
    c=$(HISTTIMEFORMAT='' builtin history 1)
    n=${c%%[![:space:]0-9*]*}
    c=${c#"$n"}
    n=${n//[^0-9]/}
    # The first prompt shows the last command of an earlier session.
    if [ -z "${__picket_n+x}" ]; then
      __picket_n=$n
      return "$rc"
    fi
    # Enter on an empty line, Ctrl-C, or the history is switched off: nothing new.
    [ "$n" = "$__picket_n" ] && return "$rc"
    __picket_n=$n
    # One record is one line, and nothing in it can look like a second record.
    c=${c//\\/\\\\}
    c=${c//$'\n'/\\n}
    u=${USER:-$(id -un)}
    u=${u//[^[:alnum:]._@-]/_}
    p=${PWD//[[:cntrl:]\\]/_}
    p=${p// /\\ }
    logger ${__picket_size:+"$__picket_size"} -p user.info -- "HISTORY:PID=$$ PPID=$PPID SID=$$ USER=$u UID=$EUID N=$n RC=$rc PWD=$p CMD=$c" 2>/dev/null
    return "$rc"
  }
  # In front of what is there already, so that RC is the command's own; what follows sees the same exit code.
  PROMPT_COMMAND="__picket${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi
