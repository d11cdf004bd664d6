// The web UI's files, its one page with a fresh nonce, and paths that must lead nowhere.
import { equal, match, notEqual, ok } from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startFake } from './fake-services.ts'

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
let folder = ''
let webRoot = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picket-web-'))
  webRoot = join(folder, 'dist')
  await mkdir(join(webRoot, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(
    join(webRoot, 'index.html'),
    '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><title>Picket</title>',
  )
  await writeFile(join(webRoot, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(webRoot, '.hidden'), 'hidden')
  await writeFile(join(webRoot, 'assets', 'app-1a2b3c.js'), `console.log(${'1'.repeat(4000)})`)
})
after(() => rm(folder, { recursive: true }))

describe('pages', () => {
  test('every page is index.html with its own nonce', async () => {
    await using fake = await startFake({ webRoot })
    const nonces = new Set<string>()
    for (const url of ['/', '/search?q=host:web01', '/alerts/17', '/index.html', '/login?next=//evil.invalid/']) {
      const { statusCode, body, headers } = await fake.app.inject({ url, headers: html })
      equal(statusCode, 200, url)
      match(String(headers['content-type']), /^text\/html/)
      equal(headers['cache-control'], 'no-cache')
      equal(headers.location, undefined)
      const nonce = /content="([\w+/=]{24})"/.exec(body)?.[1] ?? ''
      notEqual(nonce, '')
      ok(String(headers['content-security-policy']).includes(`style-src 'self' 'nonce-${nonce}';`))
      ok(String(headers['content-security-policy']).includes(`script-src 'self';`))
      nonces.add(nonce)
    }
    equal(nonces.size, 5)
  })

  test('only for people who navigate', async () => {
    await using fake = await startFake({ webRoot })
    const status = async (url: string, headers: object = html, method: 'GET' | 'POST' = 'GET') =>
      (await fake.app.inject({ method, url, headers: { ...headers } })).statusCode
    equal(await status('/api/v1/nothing'), 404)
    equal(await status('/api'), 404)
    equal(await status('/assets/gone-000.js'), 404)
    equal(await status('/search', {}), 404)
    equal(await status('/search', { accept: '*/*' }), 404)
    equal(await status('/search', html, 'POST'), 404)
  })

  test('an unbuilt UI says how to build it', async () => {
    await using fake = await startFake()
    const { statusCode, body } = await fake.app.inject({ url: '/', headers: html })
    equal(statusCode, 200)
    match(body, /npm run prepare/)
  })
})

describe('files', () => {
  test('hashed names are kept for ever, others are asked for again', async () => {
    await using fake = await startFake({ webRoot })
    const asset = await fake.app.inject({ url: '/assets/app-1a2b3c.js', headers: { 'accept-encoding': 'gzip' } })
    equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
    match(String(asset.headers['content-type']), /^(text|application)\/javascript/)
    equal(asset.headers['content-encoding'], 'gzip')
    const icon = await fake.app.inject('/favicon.svg')
    equal(icon.headers['cache-control'], 'no-cache')
    equal(icon.headers['content-type'], 'image/svg+xml')
    const { etag } = icon.headers
    const again = await fake.app.inject({ url: '/favicon.svg', headers: { 'if-none-match': String(etag) } })
    equal(again.statusCode, 304)
    equal((await fake.app.inject({ method: 'HEAD', url: '/favicon.svg' })).statusCode, 200)
  })

  test('nothing outside the folder, nothing hidden', async () => {
    await using fake = await startFake({ webRoot })
    const paths = [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '/assets/../../secret.txt',
      '//secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/.hidden',
      '/%2ehidden',
      '/assets/',
      '/assets',
      '/....//secret.txt',
      '/favicon.svg%00.js',
    ]
    for (const url of paths) {
      for (const headers of [{}, html]) {
        const { statusCode, body } = await fake.app.inject({ url, headers })
        ok(
          [400, 403, 404].includes(statusCode) || (statusCode === 200 && body.includes('csp-nonce')),
          `${url}: ${statusCode}`,
        )
        ok(!body.includes('secret') && !body.includes('hidden') && !body.includes(folder), url)
      }
    }
  })
})
