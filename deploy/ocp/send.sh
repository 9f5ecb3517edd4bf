#!/bin/sh
# Hands an alert of OCP's script channel to dingtalk-receiver, for hosts without Node.js: `dingtalk-receiver send` with
# curl and any awk. OCP sets a variable for each thing it knows (alarm_name, message, …); without them the payload is
# what stands on standard input.
#
# Prints the receiver's reply and nothing else, for OCP verifies what is printed. Exit code 0: the alert is on the
# receiver's disk. Anything else: it is not, and OCP sends it again; what is wrong is on standard error.
#
#   send.sh [CHANNEL]

# --- what to set --------------------------------------------------------------------------------------------------
dr_channel=${1:-ops}
dr_url=${DINGTALK_RECEIVER_URL:-http://127.0.0.1:8060}
dr_token=${DINGTALK_RECEIVER_TOKEN:-}
# ------------------------------------------------------------------------------------------------------------------

set -u
# Bytes are passed on as they are, whatever the language of this host.
LC_ALL=C
export LC_ALL

# OCP gives a script 10 seconds (ocp.alarm.send.once-timeout-ms).
dr_within=8
dr_newline='
'

# What OCP's environment holds of an alert, beside names that begin as its own do. The rest of an environment is
# nobody's business.
dr_names='
alarm_active_at alarm_count alarm_description alarm_duration alarm_evaluation_interval alarm_group
alarm_group_by alarm_id alarm_last_interval alarm_level alarm_level_color alarm_name
alarm_resolved_at alarm_scope alarm_status alarm_summary alarm_target alarm_threshold alarm_type
alarm_updated_at alarm_url app app_cluster app_type at_recipients check_item data_disk_path database
error_code error_message failed_reason filename host host_ip host_name install_path keyword
log_disk_path log_level message message_json message_type method mount_point ob_cluster
ob_cluster_group ob_cluster_id ob_cluster_name ob_tenant obregion obregion_group obzone
operation_name operation_result operator process query_sql receiver recipients_json_array
recipients_uids server_ips server_type servers service session_id sql_id svr_ip task_result
task_type tenant_name trace_id trans_create_time trans_hash uri user_name value value_en_us
value_shown value_zh_cn value_zh_tw
'

dr_fail() {
  printf 'send.sh: %s\n' "$1" >&2
  exit 1
}

for dr_program in curl awk; do
  command -v "$dr_program" >/dev/null 2>&1 || dr_fail "$dr_program is not installed on this host"
done
case $dr_url in
  *@*) dr_fail 'the address holds credentials; they go into DINGTALK_RECEIVER_TOKEN' ;;
  http://?* | https://?*) ;;
  *) dr_fail 'the address of the receiver must be such as http://127.0.0.1:8060' ;;
esac
case $dr_channel in
  '' | *[!A-Za-z0-9_-]*) dr_fail 'the name of a channel has only letters, digits, _ and -' ;;
esac
dr_address=${dr_url%/}/ocp/$dr_channel

# The alert in the environment as JSON; nothing where there is none.
dr_payload=$(dr_names=$dr_names awk '
  function json(text,   out, part, from, at, byte) {
    for (from = 1; from <= length(text); from += 500) {
      part = ""
      for (at = from; at < from + 500 && at <= length(text); at++) {
        byte = substr(text, at, 1)
        part = part ((byte in escaped) ? escaped[byte] : byte)
      }
      out = out part
    }
    return "\"" out "\""
  }
  BEGIN {
    for (code = 1; code < 32; code++) escaped[sprintf("%c", code)] = sprintf("\\u%04x", code)
    escaped["\""] = "\\\""
    escaped["\\"] = "\\\\"
    count = split(ENVIRON["dr_names"], names)
    for (at = 1; at <= count; at++) known[names[at]] = 1
    for (name in ENVIRON)
      if (!(name in known) && name ~ /^(alarm|ob|obproxy|value)_[a-z0-9_]+$/) {
        for (at = count++; at > 0 && names[at] > name; at--) names[at + 1] = names[at]
        names[at + 1] = name
      }
    for (at = 1; at <= count; at++) {
      name = names[at]
      if (!(name in ENVIRON) || ENVIRON[name] == "") continue
      if (name ~ /^alarm_/ || name == "message" || name == "message_json") tells = 1
      out = out (out == "" ? "" : ",") json(name) ":" json(ENVIRON[name])
    }
    ORS = ""
    if (tells) print "{" out "}"
  }') || dr_fail 'awk failed'

if [ -z "$dr_payload" ] && [ ! -t 0 ]; then
  # The full stop keeps line breaks at the end, which the shell would take away.
  dr_payload=$(tr -d '\000' && printf .)
  dr_payload=${dr_payload%.}
fi
[ -n "$dr_payload" ] ||
  dr_fail "no alert: set OCP's variables such as alarm_name, or pass a payload on standard input"

# The token goes to curl through a file descriptor, since arguments are for everyone on this host to see.
dr_config=
case $dr_token in
  '') ;;
  *[!!-~]*) dr_fail 'DINGTALK_RECEIVER_TOKEN: must not contain spaces or line breaks' ;;
  *)
    dr_quoted=$(printf '%s' "$dr_token" | sed 's/[\\"]/\\&/g')
    dr_config="header = \"Authorization: Bearer $dr_quoted\""
    ;;
esac

# Sets dr_code and dr_reply; dr_code is empty where there is no reply, and dr_reply then says why.
dr_post() {
  if dr_said=$(
    printf '%s' "$dr_payload" |
      curl --silent --show-error --stderr - --noproxy '*' --max-time "$1" --config /dev/fd/3 \
        --header 'Content-Type: text/plain; charset=utf-8' --header 'Expect:' \
        --data-binary @- --write-out '\n%{http_code}' "$dr_address" 3<<EOF
$dr_config
EOF
  ); then
    dr_code=${dr_said##*"$dr_newline"}
  else
    dr_code=
  fi
  dr_reply=${dr_said%"$dr_newline"*}
  dr_reply=${dr_reply%"$dr_newline"}
}

# A receiver that is just being started anew is there again after a moment; it knows a repeat.
dr_end=$(($(date +%s) + dr_within))
dr_code=
dr_reply='no time'
for dr_attempt in 1 2 3; do
  dr_left=$((dr_end - $(date +%s)))
  [ "$dr_left" -gt 0 ] || break
  dr_post "$dr_left"
  case $dr_code in
    '' | 503) [ "$dr_attempt" -eq 3 ] || sleep 1 ;;
    *) break ;;
  esac
done

[ -n "$dr_code" ] || dr_fail "cannot reach the receiver at $dr_url: $dr_reply"
case $dr_reply in
  '{"errcode":'*) printf '%s' "$dr_reply" ;;
  *) dr_fail "$dr_url answers, but is not a receiver (HTTP $dr_code)" ;;
esac
case $dr_code$dr_reply in
  '200{"errcode":0,'*) exit 0 ;;
  *) exit 1 ;;
esac
