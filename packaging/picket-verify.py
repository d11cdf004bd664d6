#!/usr/bin/env python3
"""A second verifier of Picket's data folders, written from docs/integrity.md alone and sharing no code with Picket.

    picket-verify.py DATA [--checkpoint FILE ...] [--key BASE64] [--seal-key FILE] [--json]

Python 3.9 or newer, its standard library, and zstd (the library or the command). Only reads.
Exit codes: 0 intact, 1 altered, 2 cannot tell, 3 cannot read.
"""
import argparse
import base64
import binascii
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys

ZERO = bytes(32)
COLUMNS = ('received', 'origin', 'layout', 'pri', 'timestamp', 'host', 'app', 'procId', 'message', 'dictionary')


class Damaged(Exception):
    """Bytes that no Picket wrote."""


# ---- zstd: the library when it is there, else the command ----


class ZstdBuffer(ctypes.Structure):
    _fields_ = [('data', ctypes.c_void_p), ('size', ctypes.c_size_t), ('pos', ctypes.c_size_t)]


def open_zstd():
    name = ctypes.util.find_library('zstd')
    if name is None:
        return zstd_command
    library = ctypes.CDLL(name)
    library.ZSTD_createDStream.restype = ctypes.c_void_p
    library.ZSTD_decompressStream.restype = ctypes.c_size_t
    library.ZSTD_decompressStream.argtypes = [ctypes.c_void_p, ctypes.POINTER(ZstdBuffer), ctypes.POINTER(ZstdBuffer)]
    library.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]

    def decompress(data):
        stream = library.ZSTD_createDStream()
        source = ctypes.create_string_buffer(data, len(data))
        target = ctypes.create_string_buffer(1 << 18)
        given = ZstdBuffer(ctypes.addressof(source), len(data), 0)
        parts = []
        try:
            while True:
                taken = ZstdBuffer(ctypes.addressof(target), len(target), 0)
                left = library.ZSTD_decompressStream(stream, ctypes.byref(taken), ctypes.byref(given))
                if left > (1 << 62):
                    raise Damaged('a column cannot be unpacked')
                parts.append(target.raw[: taken.pos])
                if left == 0:
                    return b''.join(parts)
                if given.pos == given.size and taken.pos < len(target):
                    raise Damaged('a column is cut short')
        finally:
            library.ZSTD_freeDStream(stream)

    return decompress


def zstd_command(data):
    try:
        run = subprocess.run(['zstd', '-dcq'], input=data, capture_output=True, check=False)
    except FileNotFoundError:
        sys.exit(tell({'outcome': 'unclear', 'findings': [], 'notes': ['zstd is not installed here']}, False))
    if run.returncode != 0:
        raise Damaged('a column cannot be unpacked')
    return run.stdout


decompress = open_zstd()


# ---- blocks and batches ----


def unpack(packed):
    if not packed:
        raise Damaged('a column is not there')
    return decompress(packed[1:]) if packed[0] == 1 else packed[1:]


def numbers(packed, count):
    data = unpack(packed)
    planes = data[0] if data else 0
    if len(data) < 1 + planes * count:
        raise Damaged('a column has too few values')
    values = [0] * count
    for plane in range(planes):
        part = data[1 + plane * count : 1 + (plane + 1) * count]
        if any(part):
            values = [value + (byte << 8 * plane) for value, byte in zip(values, part)]
    return values


def deltas(packed, count, first):
    values, previous = [], first
    for folded in numbers(packed, count):
        previous += -((folded + 1) // 2) if folded & 1 else folded // 2
        values.append(previous)
    return values


class Block:
    """A block, read batch by batch from its first row to its last."""

    def __init__(self, db, first, count):
        self.count, self.row = count, 0
        packed = {
            name: db.execute('SELECT data FROM column_data WHERE id = ?', (first * 16 + i,)).fetchone()
            for i, name in enumerate(COLUMNS)
        }
        if None in packed.values():
            raise Damaged('a column is not there')
        packed = {name: row[0] for name, row in packed.items()}
        self.names = names = json.loads(unpack(packed['dictionary']))
        self.received = deltas(packed['received'], count, names['firstReceived'])
        self.timestamp = deltas(packed['timestamp'], count, names['firstTimestamp'])
        self.ids = {name: numbers(packed[name], count) for name in ('origin', 'layout', 'pri', 'host', 'app', 'procId')}
        self.text = unpack(packed['message'])
        self.starts = [0]
        if names['lengths'] is None:
            for _ in range(count):
                self.starts.append(self.text.index(b'\n', self.starts[-1]) + 1)
        else:
            for length in names['lengths']:
                self.starts.append(self.starts[-1] + length + 1)
        if len(self.starts) != count + 1 or self.starts[-1] != len(self.text):
            raise Damaged('the text is not as long as its rows')

    def digest(self, count):
        start, end = self.row, self.row + count
        if end > self.count:
            raise Damaged('a batch goes over the end of its block')
        self.row = end
        names = self.names
        without = [row - start for row in names['noTimestamp'] if start <= row < end]
        timestamp = self.timestamp[start:end]
        for row in without:
            timestamp[row] = timestamp[row - 1] if row > 0 else 0
        origins, origin = renumber(self.ids['origin'][start:end], names['origins'], 0)
        layouts, layout = renumber(self.ids['layout'][start:end], names['layouts'], 0)
        hosts, host = renumber(self.ids['host'][start:end], names['hosts'], 1)
        apps, app = renumber(self.ids['app'][start:end], names['apps'], 1)
        odd = [[row - start, text] for row, text in names['procIds'] if start <= row < end]
        listed = json.dumps(
            [origins, layouts, [''] + hosts, [''] + apps, odd, without], ensure_ascii=False, separators=(',', ':')
        ).encode('utf-8', 'surrogatepass')
        lengths = [self.starts[i + 1] - self.starts[i] - 1 for i in range(start, end)]
        sha = hashlib.sha256(b'picket/records/1\n' + struct.pack('<II', count, len(listed)) + listed)
        for form, values in (
            ('d', self.received[start:end]),
            ('H', origin),
            ('H', layout),
            ('B', self.ids['pri'][start:end]),
            ('d', timestamp),
            ('I', host),
            ('I', app),
            ('d', self.ids['procId'][start:end]),
            ('I', lengths),
        ):
            sha.update(struct.pack(f'<{count}{form}', *values))
        sha.update(self.text[self.starts[start] : self.starts[end]])
        return sha.digest()


def renumber(ids, names, first):
    seen = {0: 0} if first == 1 else {}
    listed, out = [], []
    for i in ids:
        if i not in seen:
            seen[i] = first + len(listed)
            listed.append(names[i])
        out.append(seen[i])
    return listed, out


def parts_of(row):
    data, at, offset = row['parts'], row['at'], 0

    def number():
        nonlocal offset
        value = shift = 0
        while True:
            byte = data[offset]
            offset += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    parts = []
    while offset < len(data):
        count, folded = number(), number()
        at += -((folded + 1) // 2) if folded & 1 else folded // 2
        parts.append((count, at, data[offset : offset + 2]))
        offset += 2
    return parts


# ---- the chain ----


class Verifier:
    def __init__(self, anchors):
        self.findings, self.notes, self.events = [], [], []
        self.seals = []
        self.anchors, self.untested, self.held = anchors, set(anchors), 0
        self.days, self.records, self.before, self.links = {}, 0, 0, 0
        self.last = self.head = self.opening = None

    def find(self, kind, text, seq=None, last_seq=None):
        self.findings.append({'kind': kind, 'seq': seq, 'last_seq': last_seq, 'text': text})

    def day(self, db, day):
        db.row_factory = sqlite3.Row
        blocks = Blocks(self, db, day)
        has_chain = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'batch'").fetchone()
        rows = db.execute('SELECT * FROM batch ORDER BY n').fetchall() if has_chain else []
        events = {n: body for n, body in db.execute('SELECT n, body FROM event')} if has_chain else {}
        blocks.skip(rows[0]['first_seq'] if rows else 1 << 60, self.links == 0)
        for row in rows:
            self.row(row, day, events, blocks)
        if rows and self.last:
            first = rows[0]['n'] - len(parts_of(rows[0])) + 1
            self.days[day] = (first, self.last[0], self.last[2].hex())
        for n in events:
            self.find('inserted', f'{day}: an event that no batch accounts for ({n})')
        blocks.end()

    def row(self, row, day, events, blocks):
        parts = parts_of(row)
        first = row['n'] - len(parts) + 1
        seq = row['first_seq']
        if self.links == 0:
            self.opening = (day, first, row['previous'].hex())
            if first == 1 and row['previous'] != ZERO:
                self.find('chain', f'{day}: the first batch has one before it')
        elif self.last:
            n, next_seq, chain = self.last
            if seq > next_seq:
                self.find('missing', f'{day}: between batches {n} and {first}', next_seq, seq - 1)
            elif first != n + 1 or seq < next_seq or row['previous'] != chain:
                self.find('chain', f'{day}: batch {first} does not follow batch {n}')
        chain, provable, at = row['previous'], len(row['previous']) == 32, row['at']
        for i, (count, at, tag) in enumerate(parts):
            n, digest, last_seq = first + i, ZERO, seq + count - 1
            if count > 0:
                digest = blocks.digest(seq, count)
                if digest in ('missing', 'unreadable'):
                    self.find(digest, f'{day}: batch {n}', seq, last_seq)
                    provable, digest = False, ZERO
            elif n in events:
                body = events.pop(n)
                digest = hashlib.sha256(f'picket/event/1\n{body}'.encode()).digest()
                if digest[:2] == tag:
                    event = json.loads(body)
                    self.events.append(event)
                    if event['kind'] == 'seal':
                        self.seals.append((event, chain if provable else b''))
            if provable and digest[:2] != tag:
                self.find('altered', f'{day}: batch {n}', *((seq, last_seq) if count else ()))
                provable = False
            if provable:
                packed = struct.pack('>QQIQ', n, seq, count, at)
                chain = hashlib.sha256(b'picket/batch/1\n' + packed + digest + chain).digest()
            else:
                chain = row['chain'] if i == len(parts) - 1 else b''
            self.link(n, chain)
            self.records += count
            seq += count
        if provable and (chain != row['chain'] or row['first_seq'] + row['count'] != seq or not parts):
            self.find('altered', f'{day}: batches {first} to {row["n"]}', *((row['first_seq'], seq - 1) if row['count'] else ()))
        self.last = (row['n'], seq, row['chain'])
        self.head = {'n': row['n'], 'seq': seq - 1, 'hash': row['chain'].hex(), 'at': at}

    def link(self, n, chain):
        self.links += 1
        if n not in self.anchors:
            return
        self.untested.discard(n)
        if self.anchors[n] == chain:
            self.held += 1
        else:
            self.find('anchor', f'the checkpoint of batch {n} has another hash')

    def check_seals(self, first, in_force):
        series = series_of(first)
        ours = [(seal, chain) for seal, chain in self.seals if seal['series'] == series]
        key, epoch, held = first, 0, 0
        is_whole = not self.opening or self.opening[1] == 1
        expected = 0 if is_whole or not self.seals or self.seals[0][0]['series'] != series else None
        for seal, chain in ours:
            wanted = seal['epoch']
            if expected is not None and wanted != expected:
                self.find('seal', f'seal {wanted} stands where seal {expected} should')
            expected = wanted + 1
            genuine = epoch <= wanted < 20_000_000
            while genuine and epoch < wanted:
                key, epoch = successor(key), epoch + 1
            text = f'picket/seal/1\n{series}\n'.encode() + struct.pack('>Q', wanted) + chain
            if genuine and hmac.new(key, text, 'sha256').hexdigest() == seal['mac']:
                held += 1
            else:
                self.find('seal', f'seal {wanted} is not of this key')
        if not ours:
            self.find('seal', 'the chain has no seal of this key')
        if in_force and in_force[0] == series:
            key = first
            if in_force[1] > (expected or 0):
                self.find('seal', f'seals {expected or 0} to {in_force[1] - 1} are missing at the end')
                return held
            for _ in range(in_force[1]):
                key = successor(key)
            if key != in_force[2]:
                self.find('seal', 'seal.key does not come from this key')
        return held

    def end(self, data, key, days, mark, sealed):
        head = self.head or {'n': 0, 'seq': 0}
        if self.opening and self.opening[1] > 1:
            day, n, previous = self.opening
            if not any(e['kind'] == 'retention' and e['n'] == n - 1 and e['hash'] == previous for e in self.events):
                self.find('removed', f'the chain begins on {day} with batch {n}; no retention record says why')
        if mark and head['n'] < mark['n']:
            self.find('truncated', f'ack.hwm knows batch {mark["n"]}', head['seq'] + 1, mark['seq'])
        elif mark is None:
            self.notes.append('there is no ack.hwm here: a tail that was cut off would not show')
        seals_held = self.check_seals(*sealed) if sealed else 0
        self.manifests(data, key, head)
        for n in sorted(self.untested):
            if n > head['n']:
                self.find('truncated', f'a checkpoint knows batch {n}; the chain ends at {head["n"]}')
            else:
                self.notes.append(f'the checkpoint of batch {n} is of a day that is not there any more')
        if self.before:
            self.notes.append(f'{self.before} records were stored before the chain began')
        if not self.held and not seals_held:
            self.notes.append('not anchored: who could rewrite everything here would pass')
        if not self.links:
            self.notes.append('there is no sealed record here')
        return {
            'outcome': 'altered' if self.findings else 'intact' if self.links else 'unclear',
            'findings': self.findings,
            'notes': self.notes,
            'days': days,
            'records': self.records,
            'links': self.links,
            'checkpoints_held': self.held,
            'seals_held': seals_held,
            'head': self.head,
        }

    def manifests(self, data, key, head):
        folder = os.path.join(data, 'manifests')
        names = sorted(n for n in os.listdir(folder) if re.fullmatch(r'\d{8}\.json', n)) if os.path.isdir(folder) else []
        previous, before, newest = 'unknown', None, None
        for i, name in enumerate(names):
            day = name[:8]
            with open(os.path.join(folder, name), 'rb') as file:
                text = file.read()
            try:
                manifest = json.loads(text)
                genuine = canonical(manifest) + b'\n' == text and manifest['day'] == day
                unsigned = {k: v for k, v in manifest.items() if k != 'signature'}
                key = key or manifest['key']
            except (ValueError, KeyError, AttributeError, TypeError):
                genuine = False
            if not genuine:
                self.find('manifest', f'{day}: not one that Picket wrote')
                previous = 'unknown'
                continue
            if manifest['key'] != key or not is_signed(unsigned, manifest['signature']):
                self.find('manifest', f'{day}: not signed with {key}')
            if previous != 'unknown' and manifest['previous'] != previous:
                self.find('manifest', f'{day}: does not follow the one before it')
            if i == 0 and manifest['previous'] is not None:
                self.find('manifest', f'{day}: the one before it is not there')
            if before and manifest['first_batch'] == before['last_batch'] + 1 and manifest['chain_before'] != before['chain']:
                self.find('manifest', f'{day}: does not follow the chain')
            links = (manifest['first_batch'], manifest['last_batch'], manifest['chain'])
            if self.days.get(day, links) != links:
                self.find('manifest', f'{day}: other links than the day has')
            if self.opening and self.opening[1] == links[1] + 1 and self.opening[2] != links[2]:
                self.find('manifest', f'{day}: ends with another link than the first day follows')
            previous, before, newest = hashlib.sha256(text).hexdigest(), manifest, manifest
        if newest and newest['last_batch'] > head['n']:
            self.find('truncated', f'the manifest of {newest["day"]} knows batch {newest["last_batch"]}')


class Blocks:
    """The blocks of a day in order; what no batch accounts for is found on the way."""

    def __init__(self, verifier, db, day):
        self.verifier, self.db, self.day, self.next = verifier, db, day, 0
        self.rows = db.execute('SELECT first_seq, count, min_received, max_received FROM block ORDER BY first_seq').fetchall()
        self.open = self.open_row = self.unreadable = None

    def inserted(self, row, since=None):
        first = row['first_seq'] if since is None else since
        self.verifier.find('inserted', f'{self.day}: no batch has them', first, row['first_seq'] + row['count'] - 1)

    def skip(self, first_seq, before_chain):
        while self.next < len(self.rows) and self.rows[self.next]['first_seq'] < first_seq:
            row = self.rows[self.next]
            self.next += 1
            if before_chain:
                self.verifier.before += row['count']
            else:
                self.inserted(row)

    def leave(self):
        if self.open and self.open.row < self.open.count:
            self.inserted(self.open_row, self.open_row['first_seq'] + self.open.row)
        self.open = None

    def digest(self, seq, count):
        if self.open is None or seq >= self.open_row['first_seq'] + self.open.count:
            self.leave()
            while self.next < len(self.rows) and self.rows[self.next]['first_seq'] < seq:
                if self.rows[self.next] is not self.unreadable:
                    self.inserted(self.rows[self.next])
                self.next += 1
            row = self.rows[self.next] if self.next < len(self.rows) else None
            if row is None or row['first_seq'] != seq:
                return 'unreadable' if self.unreadable else 'missing'
            self.next += 1
            try:
                self.open, self.open_row, self.unreadable = Block(self.db, seq, row['count']), row, None
            except (Damaged, ValueError, KeyError, TypeError, IndexError):
                self.unreadable = row
                return 'unreadable'
            received = self.open.received
            if received and (min(received), max(received)) != (row['min_received'], row['max_received']):
                last_seq = seq + row['count'] - 1
                self.verifier.find('altered', f'{self.day}: the receive times that searches use', seq, last_seq)
        if self.open_row['first_seq'] + self.open.row != seq or self.open.row + count > self.open.count:
            return 'missing'
        try:
            return self.open.digest(count)
        except (Damaged, ValueError, KeyError, TypeError, IndexError, struct.error):
            self.unreadable, self.open = self.open_row, None
            return 'unreadable'

    def end(self):
        self.leave()
        self.skip(1 << 60, False)


# ---- the high-water file, checkpoints, Ed25519 (RFC 8032 §5.1) ----


def high_water(data):
    try:
        with open(os.path.join(data, 'ack.hwm'), 'rb') as file:
            content = file.read()
    except FileNotFoundError:
        return None
    marks = []
    for slot in (content[:64], content[64:128]):
        if len(slot) == 64 and slot[:4] == b'PHW1' and binascii.crc32(slot[:60]) == struct.unpack('>I', slot[60:])[0]:
            n, seq = struct.unpack('>QQ', slot[4:20])
            marks.append({'n': n, 'seq': seq})
    return max(marks, key=lambda mark: mark['n']) if marks else None


def seal_key_in_force(data):
    try:
        with open(os.path.join(data, 'seal.key'), 'rb') as file:
            content = file.read()
    except FileNotFoundError:
        return None
    found = []
    for slot in (content[:64], content[64:128]):
        if len(slot) == 64 and slot[:4] == b'PRK1' and binascii.crc32(slot[:60]) == struct.unpack('>I', slot[60:])[0]:
            found.append((slot[4:12].hex(), struct.unpack('>Q', slot[12:20])[0], slot[20:52]))
    return max(found, key=lambda slot: slot[1]) if found else None


def first_seal_key(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        found = re.search(r'picket-seal-key/1\s+([0-9a-f]{16})\s+([\w-]{43})', file.read())
    key = base64.urlsafe_b64decode(found[2] + '=') if found else b''
    if not found or series_of(key) != found[1]:
        raise OSError(f'{path}: no line that picket seal printed')
    return key


def series_of(key):
    return hashlib.sha256(b'picket/series/1\n' + key).hexdigest()[:16]


def successor(key):
    return hmac.new(key, b'picket/ratchet/1', 'sha256').digest()


def checkpoints(path):
    with open(path, 'rb') as file:
        text = file.read().decode('utf-8', 'replace')
    encoded = re.findall(r'(?m)(?:^[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/=]*', text)
    forms = [re.sub(r'=\r?\n', '', text)]
    for block in encoded:
        block = re.sub(r'[\r\n=]', '', block)
        forms.append(base64.b64decode(block[: len(block) // 4 * 4] + '').decode('utf-8', 'replace'))
    found = {}
    for form in forms:
        for n, _, digest in re.findall(r'picket-checkpoint/1[\s>]+(\d{1,15})[\s>]+(\d{1,15})[\s>]+([0-9a-f]{64})', form):
            found[int(n)] = bytes.fromhex(digest)
    return found


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':')).encode()


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(a, b):
    c, d = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    e, f = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    g, h, i, j = d - c, f - e, f + e, d + c
    return (g * h % P, i * j % P, h * i % P, g * j % P)


def point_times(number, point):
    result = (0, 1, 1, 0)
    while number > 0:
        if number & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        number >>= 1
    return result


def point_of(data):
    y = int.from_bytes(data, 'little')
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P:
        raise ValueError('not a point')
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of(bytes([0x58] + [0x66] * 31))


def is_signed(unsigned, signature):
    try:
        key, signature = base64.b64decode(unsigned['key']), base64.b64decode(signature)
        if len(key) != 32 or len(signature) != 64:
            return False
        a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], 'little')
        h = int.from_bytes(hashlib.sha512(signature[:32] + key + canonical(unsigned)).digest(), 'little') % Q
        left, right = point_times(s, BASE), point_add(r, point_times(h, a))
        return s < Q and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    except (ValueError, TypeError):
        return False


# ---- the command ----


def open_day(path):
    mode = 'mode=ro' if os.path.exists(f'{path}-wal') else 'mode=ro&immutable=1'
    return sqlite3.connect(f'file:{path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")}?{mode}', uri=True)


def tell(result, as_json):
    if as_json:
        print(json.dumps(result))
    else:
        print(f'{result["outcome"]}: {result.get("records", 0)} records in {result.get("links", 0)} batches')
        for finding in result['findings'][:100]:
            where = '' if finding['seq'] is None else f' (records {finding["seq"]} to {finding["last_seq"]})'
            print(f'{finding["kind"]}: {finding["text"]}{where}')
        for note in result['notes']:
            print(f'note: {note}')
    return {'intact': 0, 'altered': 1, 'unclear': 2}[result['outcome']]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data')
    parser.add_argument('--checkpoint', nargs='+', default=[])
    parser.add_argument('--key')
    parser.add_argument('--seal-key')
    parser.add_argument('--json', action='store_true')
    args = parser.parse_args()
    try:
        anchors = {}
        for path in args.checkpoint:
            anchors.update(checkpoints(path))
        sealed = (first_seal_key(args.seal_key), seal_key_in_force(args.data)) if args.seal_key else None
        mark = high_water(args.data)
        folder = os.path.join(args.data, 'records')
        names = sorted(n for n in os.listdir(folder) if re.fullmatch(r'\d{8}\.db', n)) if os.path.isdir(folder) else []
        verifier = Verifier(anchors)
        for name in names:
            try:
                db = open_day(os.path.join(folder, name))
                if db.execute('PRAGMA user_version').fetchone()[0] > 0:
                    verifier.day(db, name[:8])
                db.close()
            except (sqlite3.DatabaseError, IndexError, TypeError, ValueError, struct.error, UnicodeDecodeError) as error:
                if isinstance(error, sqlite3.OperationalError) and 'unable to open' in str(error):
                    raise OSError(f'{name}: {error}') from error
                verifier.find('unreadable', f'{name}: {error}')
                verifier.last = None
        return tell(verifier.end(args.data, args.key, len(names), mark, sealed), args.json)
    except OSError as error:
        print(f'picket-verify: {error}', file=sys.stderr)
        return 3


if __name__ == '__main__':
    sys.exit(main())
