// A person at a real Chromium: first set-up, the first record, search, live tail, alerts; on every page no accessibility
// violation (axe), nothing that the content security policy had to stop, and senders' text only as text.
// PICKET_SCREENSHOTS=DIR keeps pictures.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type LedgerJson, noSums } from '../../src/model/books.ts'
import { pathOf, peersMissing } from './peers.ts'
import { eventually, type Picket, sendTcp, startPicket } from './picket.ts'

const options = { skip: peersMissing('chromium'), timeout: 240_000 }
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const admin = { name: 'admin', password: 'correct horse battery' }

/** The search of the article, as it stands. */
const article =
  'message:chattr OR message:"touch -r" OR message:"pty.spawn" OR message:"nc -l" OR message:"*etc*passwd" OR message:SimpleHTTPServer OR message:http.server OR message:"ssh -D" OR message:"bash -i" OR message:"useradd"'
const dangerous = [
  'chattr +i /srv/www/x.php',
  'touch -r /bin/ls /srv/www/x.php',
  `python -c 'import pty; pty.spawn("/bin/sh")'`,
  'nc -l 4444',
  'cat /etc/passwd',
  'python -m SimpleHTTPServer 8000',
  'python3 -m http.server 8000',
  'ssh -D 1080 bob@198.51.100.9',
  'bash -i',
  'useradd -m mallory',
]
const harmless = ['ls -la', 'rsync -l here there', 'ssh bob@198.51.100.9 uptime', 'vi notes.txt']

test('from the printed link to the acknowledged alert', options, async t => {
  await using picket = await startPicket({ config: 'sources: [{ match: db07, silentAfter: 2s }]' })
  await using browser = await chromium.launch({ executablePath: pathOf('chromium'), args: quiet })
  const { page, problems } = await openPage(browser)
  const main = page.locator('main')

  await t.test('the printed link sets up the first admin', async () => {
    await page.goto(picket.setup ?? '')
    await page.getByLabel('Name').fill(admin.name)
    await checkPage(page, 'setup')
    equal(new URL(page.url()).search + new URL(page.url()).hash, '', 'the token is out of the address bar')
    await page.getByLabel('Password').fill(admin.password)
    await page.getByRole('button', { name: 'Create and sign in' }).click()
    await page.getByRole('heading', { name: 'Connect your first server' }).waitFor()
  })

  await t.test('the tick of the empty overview turns when the first record arrives', async () => {
    const tick = page.getByRole('status')
    await tick.getByText('Waiting for the first record').waitFor()
    await tick.getByText(`TCP ${picket.tcp}`).waitFor()
    await checkPage(page, 'connect-waiting')
    await sendTcp(picket.tcp, '<14>Nov 23 12:00:00 web01 root: hello from web01\n')
    await tick.getByText('First record received').waitFor()
    await tick.getByText('web01 root: hello from web01').waitFor()
    await checkPage(page, 'connect-arrived')
    await page.getByRole('button', { name: 'Open the overview' }).click()
    await page.getByText('1 records stored').waitFor()
  })

  await t.test('signing out and in, and what a wrong password says', async () => {
    await page.getByRole('button', { name: 'Sign out admin' }).click()
    await page.getByRole('heading', { name: 'Sign in to Picket' }).waitFor()
    await page.goto(`${picket.web}/login`)
    await page.getByLabel('Name').fill(admin.name)
    await page.getByLabel('Password').fill('a wrong password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await eventually(async () => (await page.getByRole('alert').innerText()) !== '', 'the reason')
    await checkPage(page, 'login')
    await page.getByLabel('Password').fill(admin.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  await t.test('the query of the article, typed in, gives its hits', async () => {
    await sendTcp(picket.tcp, [...harmless, ...dangerous].map(historyLine).join(''))
    const client = await picket.login().catch(() => undefined)
    equal(client, undefined, 'the link works once')
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    const query = page.getByRole('textbox', { name: 'Query' })
    await query.and(page.locator('.cm-content')).click()
    await page.keyboard.type(article)
    await page.keyboard.press('Enter')
    await eventually(async () => new URL(page.url()).searchParams.get('q') !== null, 'the query in the address')
    equal(new URL(page.url()).searchParams.get('q'), article)
    await eventually(async () => {
      if ((await rows(page)).length === dangerous.length) return true
      await page.getByRole('button', { name: 'Search again' }).click()
      return undefined
    }, 'the ten hits')
    const shown = (await rows(page)).toReversed()
    for (const [index, command] of dangerous.entries())
      ok(shown[index]?.includes(command), `${command}: ${shown[index]}`)
    equal(await main.getByText('rsync -l').count(), 0)
    await checkPage(page, 'search')

    await page
      .getByRole('button', { name: /^Record of/ })
      .last()
      .click()
    await page.getByRole('rowheader', { name: 'process.command_line' }).waitFor()
    await page.getByText(/^As received, \d+ bytes$/).waitFor()
    await checkPage(page, 'record')
    await page.keyboard.press('Escape')
  })

  await t.test('a mistake in a query is shown where it is', async () => {
    await page.goto(`${picket.web}/search?q=${encodeURIComponent('user:alice AND (cmd:chattr')}`)
    await page.getByText(/Not searched, see character \d+/).waitFor()
    await checkPage(page, 'query-problem')
    await page.getByRole('button', { name: 'Search for user:alice AND (cmd:chattr)' }).click()
    await eventually(async () => (await rows(page)).length === 1, 'the record of the repaired query')
  })

  await t.test('the live tail moves', async () => {
    await page.goto(`${picket.web}/search?q=${encodeURIComponent('app:tail')}`)
    await page.getByRole('button', { name: 'Live' }).click()
    await page.getByText('Following. Nothing has arrived since.').waitFor()
    const facets = page.getByRole('complementary', { name: 'Narrow by field' })
    await facets.getByText('appear here').waitFor()
    await page.mouse.move(5, 5) // the pointer on the list would hold it
    for (const n of [1, 2, 3]) {
      await sendTcp(
        picket.tcp,
        `<14>Nov 23 12:00:0${n} web01 tail: moving ${n}\n<14>Nov 23 12:00:00 web01 other: ${n}\n`,
      )
      await main.getByText(`moving ${n}`).waitFor()
    }
    const shown = await rows(page)
    equal(shown.length, 3)
    match(shown[0] ?? '', /moving 3/)
    await facets.getByText('web01').waitFor()
    await checkPage(page, 'live')
  })

  await t.test('an alert is acknowledged with a comment', async () => {
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.getByRole('link', { name: /Shell upgraded to a terminal/ }).click()
    const detail = page.getByRole('region', { name: 'Alert', exact: true })
    await detail.getByRole('heading', { name: 'Shell upgraded to a terminal' }).waitFor()
    for (const text of ['web01', 'alice', 'pty.spawn("/bin/sh")'])
      ok((await detail.getByText(text).count()) > 0, `the alert says ${text}`)
    await checkPage(page, 'alert')
    await detail.getByLabel('Comment').fill('that was me, training')
    await detail.getByRole('button', { name: 'Acknowledge' }).click()
    await detail.getByText('Acknowledged').waitFor()
    await detail.getByText('that was me, training').waitFor()
    await page.getByRole('link', { name: /Shell upgraded to a terminal/ }).waitFor({ state: 'detached' })
    const answer = await page.request.get(`${picket.web}/api/v1/alerts?state=acknowledged`)
    const { alerts } = (await answer.json()) as { alerts: readonly { state: string; changed_by: string }[] }
    deepEqual(
      alerts.map(alert => [alert.state, alert.changed_by]),
      [['acknowledged', admin.name]],
    )
    await page.goto(`${picket.web}/alerts`)
    await page.getByRole('link', { name: /Netcat listens/ }).waitFor()
    await checkPage(page, 'alerts')
  })

  await t.test('overview, hosts, rules and system', async () => {
    for (const [path, name, wanted] of [
      ['/', 'overview', 'Top commands, 24 h'],
      ['/hosts', 'hosts', 'web01'],
      ['/system', 'system', 'Every message is accounted for'],
      ['/rules', 'rules', 'Netcat listens or runs a program'],
    ] as const) {
      await page.goto(`${picket.web}${path}`)
      await main.getByText(wanted).first().waitFor()
      await page.waitForLoadState('networkidle')
      await checkPage(page, name)
      equal(await main.evaluate((element: Box) => element.scrollWidth - element.clientWidth), 0, `${name}: too wide`)
    }
    await main.getByText('netcat-listen.yml', { exact: true }).waitFor()
    await page.goto(`${picket.web}/`)
    await page.locator('.newest-title').first().waitFor()
    for (const part of await page.locator('.level-counts, .newest-title').all())
      equal(await part.evaluate((element: Box) => element.scrollWidth - element.clientWidth), 0, 'a panel too narrow')
  })

  await t.test('a host falls silent: found by state, opened by key, muted, retired', async () => {
    await sendTcp(picket.tcp, '<86>2026-11-23T12:00:00Z db07 sshd[1]: the last thing it says\n')
    await page.goto(`${picket.web}/hosts?text=db07`)
    await eventually(async () => {
      await page.reload()
      await main.getByRole('row', { name: /db07/ }).waitFor()
      return (await main.getByRole('row', { name: /db07 silent auth silent/ }).count()) === 1
    }, 'the silence of db07')
    await main.getByRole('button', { name: /^silent/ }).click()
    equal(new URL(page.url()).search, '?text=db07&state=silent')
    await page.keyboard.press('j')
    await main.getByRole('heading', { name: 'Hosts' }).click() // a button that has the focus would take Enter
    await page.keyboard.press('Enter')
    const opened = main.getByRole('list', { name: 'What db07 sends' })
    await opened.getByText('127.0.0.1').waitFor()
    await checkPage(page, 'host')
    const alert = await opened.getByRole('link', { name: /^alert \d+$/ }).getAttribute('href')
    await opened.getByRole('button', { name: '1 day' }).click()
    await opened.getByText(/^muted until/).waitFor()
    await opened.getByRole('button', { name: 'Unmute' }).click()
    await opened.getByText(/^muted until/).waitFor({ state: 'detached' })
    await opened.getByRole('button', { name: 'Retire' }).click()
    await checkPage(page, 'host-retire')
    await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click()
    await main.getByText('No host matches').waitFor()
    await main.getByRole('button', { name: 'Show all hosts' }).click()
    await main.getByRole('row', { name: /db07 retired/ }).waitFor()
    await page.setViewportSize({ width: 390, height: 800 })
    await checkPage(page, 'hosts-phone')
    equal(await main.evaluate((element: Box) => element.scrollWidth - element.clientWidth), 0, 'too wide for a phone')
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.route('**/api/v1/sources?*', route => route.fulfill({ status: 503, body: 'a proxy says this' }))
    await page.goto(`${picket.web}/hosts`)
    await main.getByRole('alert').getByText('The server answered 503.').waitFor()
    equal(await main.getByText('No host').count(), 0, 'a failure is not an empty table')
    await page.unroute('**/api/v1/sources?*')
    await main.getByRole('button', { name: 'Try again' }).click()
    await main.getByRole('row', { name: /db07 retired/ }).waitFor()
    await page.goto(`${picket.web}${alert}`)
    await main.getByText(/^db07: auth: last record \d{8}-\d{12} at/).waitFor()
  })

  await t.test(
    'the system page: the books as they are, fit for a phone, and loud when they do not balance',
    async () => {
      const answered = page.waitForResponse('**/api/v1/ledger')
      await page.keyboard.press('g')
      await page.keyboard.press('y')
      const { total } = (await (await answered).json()) as LedgerJson
      const books = main.getByRole('region', { name: 'The books' })
      const inRow = (name: string) =>
        books
          .getByRole('row', { name: new RegExp(`^${name}`) })
          .getByRole('cell')
          .first()
      equal(await inRow('Received').innerText(), String(total.received))
      equal(await inRow('stored').innerText(), String(total.stored))
      await page.setViewportSize({ width: 390, height: 844 })
      equal(await main.evaluate((element: Box) => element.scrollWidth - element.clientWidth), 0, 'too wide for a phone')
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.route('**/api/v1/ledger', route => route.fulfill({ json: lossyLedger }))
      await page.reload()
      await main.getByText('3 messages are unaccounted for').waitFor()
      await main.getByRole('alert').getByText('The books do not balance.').waitFor()
      await main.getByText('2 ends were no orderly stops').waitFor()
      await checkPage(page, 'system-lossy')
      await page.route('**/api/v1/ledger', route => route.abort())
      await page.reload()
      await main.getByRole('alert').getByText('Picket does not answer.').waitFor()
      await page.unroute('**/api/v1/ledger')
      await main.getByRole('button', { name: 'Try again' }).click()
      await main.getByText('Every message is accounted for').waitFor()
    },
  )

  await t.test('a chart has the colours of the theme', async () => {
    await page.goto(`${picket.web}/`)
    await page.locator('.uplot canvas').waitFor()
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await eventually(async () => await page.evaluate(drawnInColor('--bar-info')), `the bars in ${colorScheme}`)
    }
  })

  await t.test('what senders wrote is text on every page', async () => {
    const sent = sendHostile(picket)
    await page.goto(`${picket.web}/search?q=${encodeURIComponent('message:harness')}`)
    await eventually(async () => {
      await page.getByRole('button', { name: 'Search again' }).click()
      return (await rows(page)).length > 0
    }, `the ${sent} hostile records`)
    for (const path of [
      '/',
      '/hosts',
      '/alerts',
      '/rules',
      '/system',
      '/search?q=',
      '/search?q=__proto__',
      '/search?q=%E2%80%AEx',
    ])
      await checkText(page, `${picket.web}${path}`)
    equal(await page.locator('.cm-line').innerText(), '<202E>x', 'the override in the query itself')
    // Only the rows in view are in the page.
    await page.goto(`${picket.web}/search`)
    for (let row = 0; row < sent; row += 15) {
      await main.evaluate((element: { scrollTop: number }, y) => {
        element.scrollTop = y
      }, row * 29)
      await checkTextHere(page, `row ${row}`)
    }
    await page.goto(`${picket.web}/search?q=${encodeURIComponent('message:"<script>document"')}`)
    await page.getByRole('button', { name: /^Record of/ }).press('Enter')
    await page.getByText(/^As received/).waitFor()
    equal(await page.locator('.record-full').first().innerText(), '<script>document.title="PWN"</script>')
    // A right-to-left override is shown as its number and turns nothing around.
    await sendTcp(picket.tcp, '<14>Nov 23 12:00:00 web01 app: overridden \u202egpj.exe\u202c\n')
    await page.goto(`${picket.web}/search?q=overridden`)
    await eventually(async () => {
      await page.getByRole('button', { name: 'Search again' }).click()
      return (await rows(page)).length === 1
    }, 'the override')
    match((await rows(page))[0] ?? '', /overridden <202E>gpj\.exe<202C>/)
    await checkPage(page, 'hostile')
  })

  deepEqual([...problems], [], 'policy violations and script errors')
  // The list would have told: this is stopped, and noted.
  await page.evaluate(`document.body.append(Object.assign(document.createElement('style'), { textContent: 'p {}' }))`)
  await eventually(() => problems.some(problem => problem.startsWith('style-src')), 'a violation made on purpose')
})

const lossySums = {
  ...noSums,
  received: 1_204_123,
  stored: 1_203_900,
  queue_full: 120,
  empty: 100,
  kernel_dropped: 4711,
}
const lossyLedger: LedgerJson = {
  since: '2026-11-01T08:00:00.000Z',
  at: '2026-11-23T12:00:00.000Z',
  closed: false,
  crashes: 2,
  difference: 3,
  listeners: { udp: lossySums, tcp: noSums, tls: noSums, relp: noSums, internal: noSums },
  total: lossySums,
}

/** What the server's types do not know of an element. */
type Box = { readonly scrollWidth: number; readonly clientWidth: number }

/** Script: whether some pixel of the chart has the colour that the custom property says now. */
function drawnInColor(name: string): string {
  return `(() => {
    const probe = document.body.appendChild(document.createElement('i'))
    probe.style.color = 'var(${name})'
    const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number)
    probe.remove()
    const canvas = document.querySelector('.uplot canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return data.some((_, at) => at % 4 === 0 && wanted.every((value, n) => data[at + n] === value))
  })()`
}

function historyLine(command: string): string {
  return `<14>Nov 23 12:00:00 web01 bash: HISTORY:PID=4711 PPID=4710 SID=4711 USER=alice CMD=${command}\n`
}

/** A page that notes what the content security policy stopped and what scripts did not catch. */
async function openPage(browser: Browser): Promise<{ readonly page: Page; readonly problems: readonly string[] }> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(45_000)
  const problems: string[] = []
  page.on('console', message => {
    if (/content security policy|trusted ?type/i.test(message.text())) problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(String(error)))
  await page.exposeFunction('noteViolation', (text: string) => problems.push(text))
  await page.addInitScript({
    content: `addEventListener('securitypolicyviolation', event =>
      noteViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile + ':' + event.lineNumber))`,
  })
  return { page, problems }
}

/** axe finds nothing, in light and in dark; takes the pictures. */
async function checkPage(page: Page, name: string): Promise<void> {
  await eventually(async () => (await page.locator('.stale').count()) === 0, 'all that was pale while it loaded')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate('Promise.all(document.getAnimations().map(each => each.finished))')
    const folder = process.env['PICKET_SCREENSHOTS']
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    const axe = new AxeBuilder({ page })
    // Dark differs in its colours only.
    const { violations } = await (colorScheme === 'dark' ? axe.withRules('color-contrast') : axe).analyze()
    deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(node => `${node.html} ${node.failureSummary}`)]),
      [],
      `${name}, ${colorScheme}`,
    )
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

/** The messages of the records that are shown, newest first. */
async function rows(page: Page): Promise<readonly string[]> {
  return page.getByRole('list', { name: 'Records' }).locator('.record-message').allInnerTexts()
}

/** Sends every hostile datagram of the fixtures and returns how many. */
function sendHostile(picket: Picket): number {
  const lines = readFileSync(join(import.meta.dirname, '../fixtures/hostile-dev.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const vectors = lines.map(line => JSON.parse(line) as { readonly vector: string; readonly raw_b64: string })
  const datagrams = vectors.filter(({ vector }) => vector === 'udp')
  const socket = createSocket('udp4').unref()
  for (const { raw_b64 } of datagrams) socket.send(Buffer.from(raw_b64, 'base64'), picket.udp, '127.0.0.1')
  return datagrams.length
}

/** No byte of a sender became an element, ran, or reached the page as an invisible character. */
async function checkText(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.waitForLoadState('networkidle')
  await checkTextHere(page, url)
}

async function checkTextHere(page: Page, where: string): Promise<void> {
  match(await page.title(), /Picket$/)
  // As text: the server's types know no document.
  const found = await page.evaluate(`({
    pwned: 'PWN' in window,
    scripts: [...document.scripts].filter(script => script.src === '').length,
    foreign: document.querySelectorAll('main :is(iframe, object, embed, style, base, [onload], [onerror])').length,
    bidi: document.body.innerText.match(/[\\u202a-\\u202e\\u2066-\\u2069\\u200b-\\u200f]/g)?.length ?? 0,
    controls: document.body.innerText.match(/[^\\P{Cc}\\n\\t]/gu)?.length ?? 0,
  })`)
  deepEqual(found, { pwned: false, scripts: 0, foreign: 0, bidi: 0, controls: 0 }, where)
}
