/** Receivers that get their robot's address with each request. */
interface OtherReceiver {
  product: string
  path: RegExp
  /** Whether the request is for DingTalk. */
  isDingtalk: (query: URLSearchParams) => boolean
  /** How many robots it names, and by which parameter. */
  robots: (query: URLSearchParams) => { count: number; parameter: string }
}

const OTHERS: readonly OtherReceiver[] = [
  {
    product: 'PrometheusAlert',
    path: /^\/prometheusalert$/i,
    isDingtalk: (query) => query.get('type') === 'dd',
    robots: (query) => ({
      count: (query.get('ddurl') ?? '').split(/,(?=https?:)/).length,
      parameter: 'ddurl',
    }),
  },
  {
    product: 'alertmanager-webhook-adapter',
    path: /^\/webhook\/send$/,
    isDingtalk: (query) => query.get('channel_type') === 'dingtalk',
    robots: () => ({ count: 1, parameter: 'token' }),
  },
]

/** A mobile number, as `at` lists them. */
const MOBILE = /^\+?\d{5,20}$/
const MAX_MOBILES = 20
const MAX_ROBOTS = 10

/**
 * For the address of another receiver, the line of configuration that stands for it; undefined for any other address.
 * What the address holds of a robot is not repeated.
 */
export function configurationFor(path: string, query: string): string | undefined {
  const other = OTHERS.find((each) => each.path.test(path))
  if (other === undefined) return undefined
  const parameters = new URLSearchParams(query)
  if (!other.isDingtalk(parameters))
    return `this receiver serves no address of ${other.product}, and posts to DingTalk alone`
  const { count, parameter } = other.robots(parameters)
  const names = Array.from(
    { length: Math.min(MAX_ROBOTS, count) },
    (_, index) => `ops-${index + 1}`,
  )
  const address =
    parameter === 'token'
      ? 'https://oapi.dingtalk.com/robot/send?access_token= with the value of token'
      : parameters.has(parameter)
        ? `the address in ${parameter}`
        : "the robot's address in its own settings"
  const robots = names.map((name) => `${name}: { webhook: "…" }`).join(', ')
  const mobiles = (parameters.get('at') ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => MOBILE.test(each))
    .slice(0, MAX_MOBILES)
  const mention =
    mobiles.length === 0
      ? ''
      : `, mention: { mobiles: [${mobiles.map((each) => JSON.stringify(each)).join(', ')}] }`
  return `this receiver serves no address of ${other.product}. Write into its configuration {robots: {${robots}}, channels: {ops: {robots: [${names.join(', ')}]${mention}}}}, where "…" is ${address}, and let Alertmanager post to /alertmanager/ops`
}
