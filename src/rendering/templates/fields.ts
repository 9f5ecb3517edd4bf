/** All fields that `it` has in any part; a test compares them with the fields it really has. */
export const FIELDS: ReadonlySet<string> = new Set(
  [
    // In every part.
    'v get word time ago duration number percent bytes url levelSign cut list heading bold quote link browser',
    'lineBreak format language now asOf',
    // In parts about one alert.
    'told isOcp isResolved level levelWord levelText sign mark lead name object place places distinct label labels',
    'otherLabels labelsExcept summary details value startsAt endsAt lastedMs receivedAt repeats changes firedWhileWaiting when elapsed',
    'grouped brief links linkLine whenLine text ownText',
    // In parts about several alerts.
    'headline counts span total firing resolved from to alerts common once groupLinks truncated stillFiring',
    'stillFiringLines heads sections lines more listUrl listLink title payload go',
    // In delay notices and in quota warnings.
    'notice since reason meaning advice percent used limit robot endsAt',
  ].flatMap((line) => line.split(' ')),
)
