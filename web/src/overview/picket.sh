# Every command of an interactive bash goes to syslog as user.info.
if [ -n "$BASH_VERSION" ] && [ -n "$PS1" ]; then
  shopt -s cmdhist; shopt -u lithist
  __picket() {
    local rc=$? n c
    c=$(HISTTIMEFORMAT= builtin history 1); n=${c%%[![:space:]0-9*]*}; c=${c#"$n"}
    n=${n//[^0-9]/}
    if [ -z "${__picket_n+x}" ]; then __picket_n=$n; return; fi  # first prompt: the line belongs to an earlier session
    [ "$n" = "$__picket_n" ] && return                            # Enter on an empty line, or history switched off
    __picket_n=$n
    c=${c//\\/\\\\}; c=${c//$'\n'/\\n}
    logger -S 64K -p user.info -- "HISTORY:PID=$$ PPID=$PPID SID=$$ USER=${USER:-$(id -un)} UID=$EUID N=$n RC=$rc PWD=${PWD// /\\ } CMD=$c"
  }
  PROMPT_COMMAND=__picket
fi
