import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { parseSocketTable } from '../../src/receive/kernel-drops.ts'

test('the columns of /proc/net/udp and udp6', () => {
  const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             
  308: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41025 2 0000000000000000 19520     
`
  deepEqual(parseSocketTable(udp), [{ port: 514, inode: '41025', drops: 19520 }])
  const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1234: 00000000000000000000000000000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 77 2 0000000000000000 0`
  deepEqual(parseSocketTable(udp6), [{ port: 5514, inode: '77', drops: 0 }])
})

test('the columns of /proc/net/tcp have no drops', () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:158A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 9 1 0000000000000000 100 0 0 10 0`
  equal(parseSocketTable(tcp)[0]?.inode, '9')
  deepEqual(parseSocketTable(''), [])
})
