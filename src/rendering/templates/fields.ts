/** All that templates may find in `it`, in any part; a test compares it with what they really find. */
export const FIELDS: ReadonlySet<string> = new Set(
  [
    // In every part.
    'v get word time ago duration number percent bytes url levelSign cut list heading bold quote link browser',
    'lineBreak format language now asOf',
    // Of an alert.
    'told isOcp isResolved level levelWord levelText sign mark lead name object place places distinct label labels',
    'otherLabels labelsExcept summary details value startsAt endsAt lastedMs receivedAt repeats changes firedWhileWaiting when elapsed',
    'grouped brief links linkLine whenLine text ownText',
    // Of several.
    'headline counts span total firing resolved from to alerts common once groupLinks truncated stillFiring',
    'stillFiringLines heads sections lines more listUrl listLink title payload go',
    // Of a notice, and of a warning of the quota.
    'notice since reason meaning advice percent used limit robot endsAt',
  ].flatMap((line) => line.split(' ')),
)
