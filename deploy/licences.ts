/** What of a CycloneDX document is read here. */
export interface Sbom {
  metadata: { component: { name: string } }
  components: {
    name: string
    version: string
    licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
    hashes?: { alg: string; content: string }[]
  }[]
}

/** Those under which a package may ship with this one. */
export const ALLOWED_LICENCES: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
])

/** Each package with its version and licence, by name. */
export function licencesOf(sbom: Sbom): { name: string; licence: string }[] {
  return sbom.components
    .map(({ name, version, licenses = [] }) => ({
      name: `${name}@${version}`,
      licence:
        licenses
          .map(({ license, expression }) => expression ?? license?.id ?? license?.name)
          .join(' AND ') || 'none named',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
