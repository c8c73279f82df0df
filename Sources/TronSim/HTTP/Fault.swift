/// A failure to act out on calls of one path, or of one kind of paths.
struct Fault: Sendable {
  /// Which calls: an exact path, or a kind of calls.
  enum Target: Sendable, Equatable {
    case path(String)
    case broadcast, read, solid, all

    static let names: [String: Target] = ["broadcast": .broadcast, "read": .read, "solid": .solid, "*": .all]

    var text: String {
      if case .path(let path) = self { return path }
      return Self.names.first { $0.value == self }?.key ?? ""
    }

    func covers(_ path: String) -> Bool {
      switch self {
      case .path(let own): own == path
      case .broadcast: Self.isBroadcast(path)
      case .solid: path.hasPrefix("/walletsolidity/")
      case .read: !Self.isBroadcast(path) && !path.hasPrefix("/walletsolidity/")
      case .all: true
      }
    }

    static func isBroadcast(_ path: String) -> Bool { path.hasPrefix("/wallet/broadcast") }
  }

  static let countMaximum: Int64 = 1_000_000
  static let delayMaximumMs: Int64 = 600_000
  static let suspensionMaximum: Int64 = 86_400

  let target: Target
  let mode: FaultMode
  /// From 1; `nil` for all nodes.
  let node: Int?
  /// How often it may still fire; `nil` for ever.
  var count: Int64?
  /// 1 fires at every call.
  let probability: Double
  let delayMs: Int64
  /// What an answer to a suspended client names.
  let suspendedSeconds: Int64
  private var generator: SplitMix64

  init(_ parameters: APIParameters, nodes: Int) throws(APIError) {
    target = try Self.target(parameters.string("path") ?? "")
    let name = parameters.string("mode") ?? ""
    guard let mode = FaultMode(rawValue: name) else {
      let known = FaultMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw .control(status: 400, "mode '\(name.prefix(64))' is none of \(known)")
    }
    self.mode = mode
    if mode.isForBroadcasts, case .path(let path) = target, !Target.isBroadcast(path) {
      throw .control(status: 400, "mode \(name) is for broadcasts, which \(path.prefix(64)) is not")
    }
    node = try parameters.number("node", in: 1...Int64(nodes)).map(Int.init)
    let probability = try parameters.probability("probability")
    let count = try parameters.number("count", in: 0...Self.countMaximum)
    self.probability = probability ?? 1
    self.count = count ?? (probability == nil ? 1 : nil)
    delayMs = try parameters.number("delay_ms", in: 0...Self.delayMaximumMs) ?? mode.delayMs
    suspendedSeconds = try parameters.number("seconds", in: 1...Self.suspensionMaximum) ?? 30
    generator = SplitMix64(seed: UInt64(try parameters.number("seed", in: 0...Int64.max) ?? 0))
  }

  private static func target(_ text: String) throws(APIError) -> Target {
    if let target = Target.names[text] { return target }
    guard text.hasPrefix("/") else {
      throw .control(
        status: 400,
        "path '\(text.prefix(64))' must begin with '/', e.g. /wallet/broadcasthex, or be broadcast, read, solid or *")
    }
    return .path(text)
  }

  /// Whether it is about this call at all.
  func covers(path: String, node index: Int) -> Bool {
    guard node == nil || node == index + 1, !mode.isForBroadcasts || Target.isBroadcast(path) else { return false }
    return target.covers(path)
  }

  /// Decides whether it fires at a call that it covers.
  mutating func draws() -> Bool { probability >= 1 || Double.random(in: 0..<1, using: &generator) < probability }

  func replaces(_ other: Fault) -> Bool { target == other.target && mode == other.mode && node == other.node }
}
