import Foundation

/// Chain time is in milliseconds since 1970.
extension Date {
  init(chainMilliseconds: Int64) { self.init(timeIntervalSince1970: Double(chainMilliseconds) / 1000) }
  var chainMilliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}
