// For machines: is the process alive, can it serve, what does it count.
import type { App, Context } from '../context.ts'

export function probeRoutes(app: App, { services }: Context): void {
  app.get('/healthz', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('ok\n'),
  )

  app.get('/readyz', { schema: { hide: true } }, (_request, reply) => {
    const ready = services.ready()
    reply.type('text/plain; charset=utf-8')
    if (ready === true) return reply.send('ready\n')
    return reply
      .code(503)
      .header('retry-after', '5')
      .send(`${ready === false ? 'not ready' : ready}\n`)
  })

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const { contentType, body } = await services.metrics()
    return reply.type(contentType).send(body)
  })
}
