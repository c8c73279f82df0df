import Dispatch

/// A moment of the machine's monotonic clock, comparable between processes, in nanoseconds.
struct Moment: Codable, Sendable {
  private let nanoseconds: UInt64

  private init(_ nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
  static var now: Moment { Moment(DispatchTime.now().uptimeNanoseconds) }

  /// Since this moment until now.
  var milliseconds: Double { Double(Moment.now.nanoseconds - nanoseconds) / 1e6 }
  var seconds: Double { milliseconds / 1000 }

  init(from decoder: any Decoder) throws { nanoseconds = try decoder.singleValueContainer().decode(UInt64.self) }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds)
  }
}

/// The median and the 99th of a hundred.
func percentiles(_ milliseconds: [Double]) -> [String: Double] {
  let sorted = milliseconds.sorted()
  guard !sorted.isEmpty else { return [:] }
  return ["p50_ms": sorted[sorted.count / 2], "p99_ms": sorted[sorted.count * 99 / 100]]
}
