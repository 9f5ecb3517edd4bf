/** True if only a Kubernetes cluster resolves the URL's host: a Service's name, or a name without a domain. */
export function hasInnerHost(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  if (hostname === 'localhost' || /^[\d.]+$|^\[/.test(hostname)) return false
  return !hostname.includes('.') || /\.(?:svc|cluster\.local)\.?$/.test(hostname)
}
