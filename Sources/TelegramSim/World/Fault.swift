/// An error that the next calls of a method meet.
struct Fault: Sendable, Equatable {
  /// Lower case; `*` for every method.
  var method: String
  var error: BotAPIError
  /// Calls still to fail.
  var remaining: Int
  /// Whether the call takes effect before its answer is lost.
  var applied: Bool
}

extension World {
  mutating func add(_ fault: Fault) throws {
    guard faults.count < Limits.faults else {
      throw PersonAPIError(429, "there are already \(Limits.faults) faults; delete them with DELETE /sim/faults")
    }
    faults.append(fault)
  }

  /// The fault that this call meets, counted down.
  mutating func takeFault(for method: String) -> Fault? {
    guard let index = faults.firstIndex(where: { $0.method == method || $0.method == "*" }) else { return nil }
    faults[index].remaining -= 1
    let fault = faults[index]
    if fault.remaining <= 0 { faults.remove(at: index) }
    return fault
  }
}
