/** An alert as Alertmanager or Grafana posts it, without what each scene gives it: status and times. */
export interface RawAlert {
  labels: Readonly<Record<string, string>>
  annotations?: Readonly<Record<string, string>>
  /** Further fields, as Grafana has them. */
  fields?: Readonly<Record<string, unknown>>
}
