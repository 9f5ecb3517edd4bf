import { isObject } from '../parsing/json.ts'

/** A hint at the right route for a body; undefined for an object with `alerts` and for a text, number or literal. */
export function routeFor(body: unknown): string | undefined {
  if (Array.isArray(body))
    return body.some((each) => isObject(each) && isObject(each['labels']))
      ? 'Alertmanager itself takes a bare list of alerts (/api/v2/alerts): send it there and let Alertmanager post here, or send {"alerts": […]}'
      : '/ocp/:channel takes a list of messages'
  if (!isObject(body)) return undefined
  if ('evalMatches' in body || ('ruleId' in body && 'ruleName' in body))
    return "/ocp/:channel takes the webhook of Grafana's legacy alerting; this address takes Grafana Alerting's own webhook"
  if ('alerts' in body) return undefined
  return "This address takes Alertmanager payloads; OCP's go to /ocp/:channel, and DingTalk's to /robot/send"
}
