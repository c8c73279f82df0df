/// A rule on one number: fires below a threshold, recovers only at a tenth above it, so that a value that hovers
/// around the
/// threshold does not ring all the time. Pure: the state comes in, the transition goes out.
struct ThresholdAlert: Sendable, Equatable {
  enum State: String, Codable, Sendable { case firing, resolved }
  enum Transition: Sendable, Equatable { case fires, recovers }

  let threshold: Int64
  /// How far above the threshold the number must be to count as recovered, in percent.
  let hysteresisPercent: Int64

  init(threshold: Int64, hysteresisPercent: Int64 = 10) {
    self.threshold = threshold
    self.hysteresisPercent = hysteresisPercent
  }

  /// The smallest number that counts as recovered. Never overflows: thresholds that large have no meaning.
  var recovery: Int64 {
    let (product, overflow) = threshold.multipliedReportingOverflow(by: 100 + hysteresisPercent)
    return overflow ? Int64.max : (product + 99) / 100
  }

  /// - Parameter state: nil when the rule has never fired.
  func step(_ state: State?, value: Int64) -> Transition? {
    switch state {
    case nil, .resolved: value < threshold ? .fires : nil
    case .firing: value >= recovery ? .recovers : nil
    }
  }
}
