import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bashCompletion, manPage } from './manual.ts'

/**
 * `node deploy/release.ts [--no-build] [PLATFORM…]`: writes into release/ the npm package, a tarball for each platform with Node.js
 * inside, the SBOM and SHA256SUMS. Run `npm ci` before. A platform is linux-x64 or linux-arm64; glibc 2.28 or newer.
 */
const ROOT = dirname(import.meta.dirname)
const RELEASE = join(ROOT, 'release')
const PLATFORMS = ['linux-x64', 'linux-arm64'] as const
type Platform = (typeof PLATFORMS)[number]

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const name = `dingtalk-receiver-${manifest.version}`

/** In a checkout's bin, and in the package of the machine's own platform. */
const LAUNCHER = `#!/bin/sh
# Follows links, so that one in /usr/local/bin will do. Without --, Node.js would take --env-file for its own.
self=$(readlink -f "$0")
exec "\${self%/bin/*}/lib/node" -- "\${self%/bin/*}/lib/app/dist/main.js" "$@"
`

function run(command: string, args: readonly string[], cwd = ROOT): string {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Where the project is at home, as the release's workflow knows it; nothing where it runs elsewhere. */
function homeOf({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository }: NodeJS.ProcessEnv) {
  if (server === undefined || repository === undefined) return {}
  const url = `${server}/${repository}`
  return {
    repository: { type: 'git', url: `git+${url}.git` },
    bugs: `${url}/issues`,
    homepage: `${url}#readme`,
  }
}

function makePackage(folder: string): void {
  for (const path of ['dist', 'templates', 'LICENSE', 'README.md', 'README.zh-CN.md'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  const { scripts: _, devDependencies: __, allowScripts: ___, ...rest } = manifest
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ ...rest, ...homeOf(process.env) }, null, 2)}\n`,
  )
  run('npm', ['pack', '--silent', '--pack-destination', RELEASE], folder)
}

/** Node.js of the version that the tests run on: this machine's, or that of another platform from its package. */
function takeNode(platform: Platform, to: string): void {
  if (platform === `${process.platform}-${process.arch}`) {
    cpSync(join(ROOT, 'node_modules/node/bin/node'), to)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'node-'))
  const version = manifest.devDependencies.node
  const [packed = ''] = run(
    'npm',
    ['pack', '--silent', `node-${platform}@${version}`],
    folder,
  ).split('\n')
  run('tar', ['-xzf', packed, '--strip-components=1'], folder)
  cpSync(join(folder, 'bin/node'), to)
  rmSync(folder, { recursive: true })
}

function makeTarball(platform: Platform, modules: string): void {
  const stage = mkdtempSync(join(tmpdir(), 'release-'))
  const top = join(stage, `${name}-${platform}`)
  const app = join(top, 'lib/app')
  for (const path of ['bin', 'lib/app', 'share/man/man1', 'share/bash-completion/completions'])
    mkdirSync(join(top, path), { recursive: true })
  writeFileSync(join(top, 'bin/dingtalk-receiver'), LAUNCHER)
  chmodSync(join(top, 'bin/dingtalk-receiver'), 0o755)
  takeNode(platform, join(top, 'lib/node'))
  chmodSync(join(top, 'lib/node'), 0o755)
  for (const path of ['dist', 'templates', 'package.json'])
    cpSync(join(ROOT, path), join(app, path), { recursive: true })
  cpSync(modules, join(app, 'node_modules'), { recursive: true })
  for (const path of ['LICENSE', 'README.md', 'README.zh-CN.md'])
    cpSync(join(ROOT, path), join(top, path))
  for (const path of ['sbom.cdx.json', 'licences.txt'])
    cpSync(join(ROOT, 'dist', path), join(top, path))
  cpSync(join(ROOT, 'deploy/systemd'), join(top, 'systemd'), { recursive: true })
  writeFileSync(join(top, 'share/man/man1/dingtalk-receiver.1'), manPage())
  writeFileSync(join(top, 'share/bash-completion/completions/dingtalk-receiver'), bashCompletion())
  const archive = join(RELEASE, `${name}-${platform}.tar.gz`)
  // The same input makes the same archive.
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  run('tar', [...same, '-czf', archive, '-C', stage, `${name}-${platform}`])
  rmSync(stage, { recursive: true })
}

/** The packages that ship, installed as the lock file says. */
function shippedModules(folder: string): string {
  for (const path of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(ROOT, path), join(folder, path))
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--silent', '--prefer-offline'], folder)
  return join(folder, 'node_modules')
}

function platformsIn(args: readonly string[]): readonly Platform[] {
  const unknown = args.find((each) => !PLATFORMS.includes(each as Platform))
  if (unknown !== undefined)
    throw new Error(`unknown platform ${unknown}; known: ${PLATFORMS.join(', ')}`)
  return args.length === 0 ? PLATFORMS : (args as Platform[])
}

const args = process.argv.slice(2)
const platforms = platformsIn(args.filter((each) => each !== '--no-build'))
rmSync(RELEASE, { recursive: true, force: true })
mkdirSync(RELEASE)
if (!args.includes('--no-build')) run(process.execPath, ['deploy/build.ts'])
run(process.execPath, ['deploy/sbom.ts'])
const work = mkdtempSync(join(tmpdir(), 'release-'))
mkdirSync(join(work, 'package'))
makePackage(join(work, 'package'))
mkdirSync(join(work, 'modules'))
const modules = shippedModules(join(work, 'modules'))
for (const platform of platforms) makeTarball(platform, modules)
cpSync(join(ROOT, 'dist/sbom.cdx.json'), join(RELEASE, `${name}.sbom.cdx.json`))
rmSync(work, { recursive: true })
const sums = readdirSync(RELEASE)
  .sort()
  .map((file) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(RELEASE, file)))
      .digest('hex')
    return `${sum}  ${file}\n`
  })
writeFileSync(join(RELEASE, 'SHA256SUMS'), sums.join(''))
process.stdout.write(sums.join(''))
