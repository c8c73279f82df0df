import Foundation
import Glibc
import Testing

@testable import BusKit

struct LogSinkTests {
  @Test func aFullDiskCostsLinesAndNothingElse() throws {
    let full = open("/dev/full", O_WRONLY)
    #expect(full >= 0)
    defer { close(full) }
    let sink = LogSink(descriptor: full)
    var noted: [Int] = []
    for _ in 0..<3 {
      sink.write(Array("a line".utf8)) { lost in
        noted.append(lost)
        return Array("\(lost) lost".utf8)
      }
    }
    #expect(noted == [1, 2])
  }

  @Test func whatWasLostIsToldBeforeTheNextLineThatGetsThrough() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let sink = LogSink(descriptor: ends[1])
    // A pipe that nobody reads is full soon, somewhere amid a line; then it is emptied.
    #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 50_000)
    for _ in 0..<3 { sink.write(line) { Array("\($0) lost".utf8) } }
    var buffer = [UInt8](repeating: 0, count: 200_000)
    let before = read(ends[0], &buffer, buffer.count)
    #expect(before > line.count)
    sink.write(Array("heard".utf8)) { Array("\($0) lost".utf8) }
    close(ends[1])
    let after = read(ends[0], &buffer, buffer.count)
    close(ends[0])
    #expect(String(decoding: buffer.prefix(max(0, after)), as: UTF8.self) == "\n2 lost\nheard\n")
  }
}
