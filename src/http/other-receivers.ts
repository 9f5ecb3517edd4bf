/** Another product's receiver, to which senders pass the URL or token of a robot with each request. */
interface OtherReceiver {
  product: string
  path: RegExp
  /** True if the request is for DingTalk. */
  isDingtalk: (query: URLSearchParams) => boolean
  /** The number of robots in a request, and the parameter that contains them. */
  robots: (query: URLSearchParams) => RobotsOfRequest
}

interface RobotsOfRequest {
  count: number
  parameter: string
  /** Each message goes to one of them instead of to all. */
  isPool?: boolean
}

function inDdurl(query: URLSearchParams): RobotsOfRequest {
  const count = (query.get('ddurl') ?? '').split(/,(?=https?:)/).length
  return { count, parameter: 'ddurl', isPool: count > 1 && query.get('rr') === 'true' }
}

const OTHERS: readonly OtherReceiver[] = [
  {
    product: 'PrometheusAlert',
    path: /^\/prometheusalert$/i,
    isDingtalk: (query) => query.get('type') === 'dd',
    robots: inDdurl,
  },
  {
    product: 'PrometheusAlert',
    path: /^\/prometheus\/(?:alert|router)$/i,
    // Without an address, its own settings decide.
    isDingtalk: (query) => query.has('ddurl') || !(query.has('wxurl') || query.has('fsurl')),
    robots: inDdurl,
  },
  {
    product: 'alertmanager-webhook-adapter',
    path: /^\/webhook\/send$/,
    isDingtalk: (query) => query.get('channel_type') === 'dingtalk',
    robots: () => ({ count: 1, parameter: 'token' }),
  },
]

/** A mobile number in the parameter `at`. */
const MOBILE = /^\+?\d{5,20}$/
const MAX_MOBILES = 20
const MAX_ROBOTS = 10

/**
 * For a path of another product's receiver, an error text with the configuration that replaces the request; undefined
 * for other paths. The text never contains the robot's URL or token.
 */
export function configurationFor(path: string, query: string): string | undefined {
  const other = OTHERS.find((each) => each.path.test(path))
  if (other === undefined) return undefined
  const parameters = new URLSearchParams(query)
  if (!other.isDingtalk(parameters))
    return `this receiver does not serve the paths of ${other.product}, and posts only to DingTalk`
  const { count, parameter, isPool = false } = other.robots(parameters)
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
  const mode = isPool ? ', mode: pool' : ''
  const mobiles = (parameters.get('at') ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => MOBILE.test(each))
    .slice(0, MAX_MOBILES)
  const mention =
    mobiles.length === 0
      ? ''
      : `, mention: { mobiles: [${mobiles.map((each) => JSON.stringify(each)).join(', ')}] }`
  return `this receiver does not serve the paths of ${other.product}. Write into its configuration {robots: {${robots}}, channels: {ops: {robots: [${names.join(', ')}]${mode}${mention}}}}, where "…" is ${address}, and let Alertmanager post to /alertmanager/ops`
}
