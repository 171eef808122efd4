// Parquet files for the tests, written and read by other programs than ours: hyparquet-writer and
// parquet-wasm write, hyparquet reads. It runs beside their node_modules.
//
//   node parquetfiles.mjs list FILE SITE FROM TO [QUERY]     a list like LAION's
//   node parquetfiles.mjs types FILE SITE            a column of each type
//   node parquetfiles.mjs codec FILE OLD CODEC       OLD once more, written by arrow-rs
//   node parquetfiles.mjs odd SITE                   files that are no lists
//   node parquetfiles.mjs read FILE                  rows as JSON, one a line
//   node parquetfiles.mjs schema FILE                the columns: name, type
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetWriteBuffer } from 'hyparquet-writer'
import * as wasm from 'parquet-wasm'

// All digits of whole numbers.
const json = value =>
    typeof value === 'bigint' ? String(value) :
    value instanceof Date ? JSON.stringify(value.toISOString()) :
    Array.isArray(value) ? `[${value.map(json).join(',')}]` :
    value && typeof value === 'object' ?
        `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${json(v)}`).join(',')}}` :
    JSON.stringify(value ?? null)

const write = (file, columnData, more = {}) =>
    writeFileSync(file, Buffer.from(parquetWriteBuffer({ columnData, ...more })))
const range = (from, to, f) => Array.from({ length: to - from }, (_, i) => f(from + i))

const list = (file, site, from, to, query = '') => write(file, [
    { name: 'URL', type: 'STRING', data: range(from, to, i => i === 271 ? null :
        i % 9 === 8 && i > 240 ? `${site}/missing.jpg?n=${i}` : `${site}/jpeg_420.jpg?n=${i}${query}`) },
    { name: 'TEXT', type: 'STRING', data: range(from, to, i => i <= 250 ? null :
        [null, `"quoted", and a comma ${i}`, `two\nlines\tand a \\ ${i}`, `Ärger 猫 🐱 ${i}`, ''][i % 5]) },
    { name: 'WIDTH', type: 'INT32', data: range(from, to, i => i * 2) },
    { name: 'similarity', type: 'DOUBLE', data: range(from, to, i => i % 4 ? i / 7 : null) },
    { name: 'hash', type: 'INT64', data: range(from, to, i => BigInt(i % 300 - 150) * 61489146912365123n) },
    { name: 'NSFW', type: 'BOOLEAN', data: range(from, to, i => i % 3 ? i % 2 > 0 : null) },
], { rowGroupSize: 40 })

const types = (file, site) => write(file, [
    { name: 'url', data: range(0, 3, i => `${site}/jpeg_420.jpg?n=${i}`) },
    { name: 'i64', data: [9007199254740993n, -9223372036854775808n, null] },
    { name: 'f64', data: [0.1, NaN, -Infinity] },
    { name: 'f32', data: [0.5, null, -2] },
    { name: 'flag', data: [true, false, null] },
    { name: 'at', data: [new Date(1.7e12), new Date(1.7e12 + 1), null] },
    { name: 'json', data: [['a', 'b'], { k: [1, null] }, null] },
    { name: 'raw', data: [new TextEncoder().encode('é'), new Uint8Array([255, 65]), null] },
    { name: 'list', data: [[1.5, NaN], [], null] },
    { name: 'money', data: [1.25, -100.5, null] },
    { name: 'inner', data: [{ a: 1, b: 'x' }, { a: null, b: 'y"z' }, null] },
    { name: `it's "odd"`, data: ['', '""', null] },
], { schema: [
    { name: 'root', num_children: 12 },
    { name: 'url', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    { name: 'i64', type: 'INT64', repetition_type: 'OPTIONAL' },
    { name: 'f64', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
    { name: 'f32', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    { name: 'flag', type: 'BOOLEAN', repetition_type: 'OPTIONAL' },
    { name: 'at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' },
    { name: 'json', type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type: 'OPTIONAL' },
    { name: 'raw', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    { name: 'list', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
    { name: 'money', type: 'INT64', converted_type: 'DECIMAL', scale: 2, precision: 18, repetition_type: 'OPTIONAL' },
    { name: 'inner', repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'a', type: 'INT32', repetition_type: 'OPTIONAL' },
    { name: 'b', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    { name: `it's "odd"`, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
] })

const codec = (file, old, name) => {
    const table = wasm.readParquet(new Uint8Array(readFileSync(old)))
    const properties = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression[name]).build()
    writeFileSync(file, wasm.writeParquet(table, properties))
}

const odd = site => {
    const url = `${site}/jpeg_420.jpg`
    write('good.parquet', [{ name: 'url', type: 'STRING', data: [url, url] }])
    const good = readFileSync('good.parquet')
    writeFileSync('empty.parquet', '')
    writeFileSync('short.parquet', 'PAR1')
    writeFileSync('cut.parquet', good.subarray(0, good.length - 9))
    writeFileSync('magic.parquet', Buffer.concat([good.subarray(0, -4), Buffer.from('PARX')]))
    writeFileSync('text.parquet', `url\n${url}\n`)
    const footer = Buffer.from(good)
    footer.fill(0xff, good.length - 40, good.length - 8)
    writeFileSync('footer.parquet', footer)
    write('number.parquet', [{ name: 'url', type: 'INT64', data: [1n] }])
    write('nested.parquet', [{ name: 'url', data: [[url]] }], { schema: [
        { name: 'root', num_children: 1 },
        { name: 'url', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } ] })
    write('other.parquet', [{ name: 'link', type: 'STRING', data: [url] }])
    write('wide.parquet', [{ name: 'url', type: 'STRING', data: [url] },
        ...range(0, 10000, i => ({ name: `c${i}`, type: 'INT32', data: [i] }))])
    write('norows.parquet', [{ name: 'url', type: 'STRING', data: [] }])
    // What a page of a few kilobytes inflates to is more than its header says.
    const bomb = gzipSync(Buffer.alloc(1 << 28))
    const data = range(0, 1000, i => url + i)
    write('bomb.parquet', [{ name: 'url', type: 'STRING', data }],
        { codec: 'GZIP', compressors: { GZIP: () => bomb } })
    // The header of the first page says that it inflates to 2 GB less one byte.
    write('huge.parquet', [{ name: 'url', type: 'STRING', data, encoding: 'PLAIN' }])
    const huge = readFileSync('huge.parquet')
    let end = 7 // behind PAR1, the type of the page, and the field's own byte
    while (huge[end] & 0x80) end++
    writeFileSync('huge.parquet', Buffer.concat(
        [huge.subarray(0, 7), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), huge.subarray(end + 1)]))
}

const read = async file => {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors })
    process.stdout.write(rows.map(row => json(row) + '\n').join(''))
}

const schema = async file => {
    const tree = parquetSchema(await parquetMetadataAsync(await asyncBufferFromFile(file)))
    for (const { element: e } of tree.children)
        console.log(`${e.name} ${e.logical_type?.type ?? e.converted_type ?? e.type}`)
}

const [command, ...args] = process.argv.slice(2)
await { list: (f, s, a, b, q) => list(f, s, +a, +b, q), types, codec, odd, read, schema }[command](...args)
