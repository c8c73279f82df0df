import Foundation
import Testing

@testable import Postgres

@Suite struct PostgresValueTests {
  @Test func `Every kind of value comes back as it went`() async throws {
    let uuid = UUID()
    let date = try #require(PostgresTimestamp.date("2026-11-21 05:43:40.123457+00"))
    let text = "O'Reilly \\ \"quoted\" , {} 能量 🔋\n"
    try await withPool { pool async throws in
      let row = try #require(
        try await pool.execute(
          """
          select $1::text as t, $2::bigint as i, $3::double precision as d, $4::boolean as b, $5::bytea as y,
            $6::uuid as u, $7::timestamptz as s, $8::jsonb as j, $9::text as nothing
          """,
          [
            .text(text), .int(Int64.max), .double(0.1), .bool(true), .bytes([0, 1, 255]), .uuid(uuid), .timestamp(date),
            .json("{\"a\": 1}"), .null,
          ]
        ).rows.first)
      #expect(try row.string("t") == text)
      #expect(try row.int("i") == .max)
      #expect(try row.double("d") == 0.1)
      #expect(try row.bool("b"))
      #expect(try row.bytes("y") == [0, 1, 255])
      #expect(try row.uuid("u") == uuid)
      #expect(try row.date("s") == date)
      #expect(try row.string("j") == "{\"a\": 1}")
      #expect(try row.isNull("nothing"))
      #expect(try row.stringIfPresent("nothing") == nil)
    }
  }

  @Test func `Arrays keep quotes, backslashes, blanks, the word NULL and empty items`() async throws {
    let texts = ["", " ", "a,b", "{x}", "\"", "\\", "\\\"", "NULL", "null", "能量", "line\nbreak"]
    let uuids = [UUID(), UUID()]
    try await withPool { pool async throws in
      let row = try #require(
        try await pool.execute(
          """
          select $1::text[] as t, array_length($1::text[], 1) as n, $2::bigint[] as i, $3::uuid[] as u, $4::text[] as e
          """,
          [.textArray(texts), .intArray([.min, 0, .max]), .uuidArray(uuids), .textArray([])]
        ).rows.first)
      #expect(try row.strings("t") == texts)
      #expect(try row.int("n") == Int64(texts.count))
      #expect(try row.ints("i") == [.min, 0, .max])
      #expect(try row.uuids("u") == uuids)
      #expect(try row.strings("e") == [])
    }
  }

  @Test func `Arrays of any plain value keep their nulls, bytes travel as they are`() async throws {
    let date = try #require(PostgresTimestamp.date("2026-11-21 05:43:40.123457+00"))
    let (uuid, bytes) = (UUID(), [[UInt8]](arrayLiteral: [], [0, 255, 92, 34], Array(0...255)))
    try await withPool { pool async throws in
      let rows = try await pool.execute(
        """
        select * from unnest($1::text[], $2::bigint[], $3::double precision[], $4::boolean[], $5::uuid[],
          $6::timestamptz[], $7::jsonb[], $8::bytea[], $9::bytea[]) as x (t, i, d, b, u, s, j, y, z)
        """,
        [
          .array([.text("NULL"), .null, .text("a \"b\" \\ {c},")]), .array([.int(.min), .null, .int(.max)]),
          .array([.double(0.1), .null, .double(-.infinity)]), .array([.bool(true), .null, .bool(false)]),
          .array([.uuid(uuid), .null, .uuid(uuid)]), .array([.timestamp(date), .null, .timestamp(date)]),
          .array([.json("{\"a\": \"\\\"\"}"), .null, .json("[]")]), .array([.bytes(bytes[1]), .null, .bytes([])]),
          .bytesArray(bytes),
        ]
      ).rows
      #expect(try rows.map { try $0.stringIfPresent("t") } == ["NULL", nil, "a \"b\" \\ {c},"])
      #expect(try rows.map { try $0.intIfPresent("i") } == [.min, nil, .max])
      #expect(try rows.map { try $0.doubleIfPresent("d") } == [0.1, nil, -.infinity])
      #expect(try rows.map { try $0.boolIfPresent("b") } == [true, nil, false])
      #expect(try rows.map { try $0.uuidIfPresent("u") } == [uuid, nil, uuid])
      #expect(try rows.map { try $0.dateIfPresent("s") } == [date, nil, date])
      #expect(try rows.map { try $0.stringIfPresent("j") } == ["{\"a\": \"\\\"\"}", nil, "[]"])
      #expect(try rows.map { try $0.bytesIfPresent("y") } == [bytes[1], nil, []])
      #expect(try rows.map { try $0.bytes("z") } == bytes)
      let none = try await pool.execute("select cardinality($1::bytea[]) as n", [.bytesArray([])])
      #expect(try none.rows.first?.int("n") == 0)
      let error = await postgresError {
        _ = try await pool.execute("select $1::text[]", [.array([.array([.text("a")])])])
      }
      #expect(error?.code == .encoding)
    }
  }

  @Test(arguments: [PostgresValue.text("a\0b"), .textArray(["fine", "a\0b"]), .array([.text("a\0b")]), .json("\"\0\"")])
  func `Text with a NUL is refused before it is sent`(value: PostgresValue) async throws {
    try await withPool { pool async throws in
      let error = await postgresError { _ = try await pool.execute("select $1", [value]) }
      #expect(error?.code == .encoding)
      #expect(try await pool.number("select 1 as n") == 1)
    }
  }

  @Test(arguments: [
    "0001-01-01 00:00:00+00", "1582-10-15 12:00:00+00", "1969-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00",
    "2000-02-29 23:59:59.000001+00", "2001-01-01 00:00:00+00", "2024-12-31 23:59:59.5+00", "9999-12-31 23:59:59+00",
  ])
  func `A timestamp is read and written to the microsecond as the server does it`(text: String) async throws {
    let date = try #require(PostgresTimestamp.date(text))
    try await withPool { pool async throws in
      let row = try #require(
        try await pool.execute("select $1::timestamptz as s, $1::timestamptz = $2::timestamptz as same",
          [.timestamp(date), .text(text)]).rows.first)
      #expect(try row.bool("same"))
      #expect(try row.date("s") == date)
    }
  }

  @Test(arguments: [
    ("2026-11-21T08:43:40+03", "2026-11-21 05:43:40+00"), ("2026-11-20 23:58:40-05:45", "2026-11-21 05:43:40+00"),
    ("2026-11-21T05:43:40Z", "2026-11-21 05:43:40+00"),
  ])
  func `Offsets are understood`(text: String, utc: String) {
    #expect(PostgresTimestamp.date(text) != nil)
    #expect(PostgresTimestamp.date(text) == PostgresTimestamp.date(utc))
  }

  @Test(arguments: ["infinity", "-infinity", "", "2026-11-21", "0044-03-15 00:00:00+00 BC", "2026-13-01 00:00:00+00"])
  func `What is no instant is not read as one`(text: String) {
    #expect(PostgresTimestamp.date(text) == nil)
  }

  @Test(arguments: ["{{a},{b}}", "{NULL}", "{a,NULL}", "{a", "a}", "{\"a}", "{a,}", "{\"a\"b}"])
  func `An array that is malformed, nested or holds a null is not read`(literal: String) {
    #expect(PostgresArrayText.items(literal) == nil)
  }

  @Test func `A value that does not read as the type is an error without the value`() async throws {
    try await withPool { pool async throws in
      let row = try #require(try await pool.execute("select 'secret' as word, null::text as empty").rows.first)
      for read: () throws -> Any in [
        { try row.int("word") }, { try row.date("word") }, { try row.uuid("word") }, { try row.bytes("word") },
        { try row.string("empty") }, { try row.string("absent") },
      ] {
        let error = await postgresError { _ = try read() }
        #expect(error?.code == .decoding)
        #expect(error?.message.contains("secret") == false)
      }
    }
  }
}
