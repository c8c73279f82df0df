import BusKit

/// A broker as the conformance suite meets it: how to reach it, and how to do it harm.
///
/// Whoever writes a broker makes one of these for a server of its own (the suite wipes it) and runs every promise of
/// `BrokerConformance.all` that `offers` what the promise needs.
public struct BrokerUnderTest: Sendable {
  /// How the broker is taken away and brought back.
  public struct Outage: Sendable {
    /// Takes the broker away, as a crash does.
    public let begin: @Sendable () async throws -> Void
    /// Brings it back with what it had stored; returns when it answers.
    public let end: @Sendable () async throws -> Void

    public init(
      begin: @escaping @Sendable () async throws -> Void, end: @escaping @Sendable () async throws -> Void
    ) {
      self.begin = begin
      self.end = end
    }
  }

  /// For messages about what it does not keep.
  public let name: String
  /// What the broker is said to be able to do.
  public let features: BrokerFeatures
  /// Opens another way to the one broker; the suite closes it.
  public let connect: @Sendable () async throws -> any Broker
  /// Makes the broker lose everything while it runs.
  public let wipe: @Sendable () async throws -> Void
  /// Cuts all connections once; nil: it has none that could be cut.
  public let cut: (@Sendable () async throws -> Void)?
  /// nil: it cannot be taken away.
  public let outage: Outage?

  public init(
    name: String, features: BrokerFeatures, connect: @escaping @Sendable () async throws -> any Broker,
    wipe: @escaping @Sendable () async throws -> Void, cut: (@Sendable () async throws -> Void)? = nil,
    outage: Outage? = nil
  ) {
    self.name = name
    self.features = features
    self.connect = connect
    self.wipe = wipe
    self.cut = cut
    self.outage = outage
  }

  /// Whether a promise can be asked of this broker.
  public func offers(_ requirement: BrokerPromise.Requirement) -> Bool {
    switch requirement {
    case .nothing: true
    case .cutting: cut != nil
    case .outage: outage != nil
    case .persistence: outage != nil && features.isPersistent
    case .bytes: features.tellsBytes
    }
  }
}

/// One thing that every broker promises.
public struct BrokerPromise: Sendable, CustomStringConvertible {
  /// What a broker must claim, or its test be able to do, before a promise can be asked for.
  public enum Requirement: Sendable, Equatable { case nothing, cutting, outage, persistence, bytes }

  /// A sentence.
  public let name: String
  /// What a broker must offer to be asked.
  public let requirement: Requirement
  private let body: @Sendable (ConformanceStage) async throws -> Void

  init(
    _ name: String, needs requirement: Requirement = .nothing,
    _ body: @escaping @Sendable (ConformanceStage) async throws -> Void
  ) {
    self.name = name
    self.requirement = requirement
    self.body = body
  }

  public var description: String { name }

  /// Asks for the promise, on streams of its own.
  /// - Throws: `ConformanceFailure` when it is not kept; whatever the broker throws.
  public func check(_ subject: BrokerUnderTest) async throws {
    guard subject.offers(requirement) else {
      throw ConformanceFailure(
        expected: "a broker that can be asked '\(name)'", seen: "\(subject.name) offers no \(requirement)")
    }
    let stage = try await ConformanceStage(subject)
    do {
      try await body(stage)
    } catch {
      await stage.close()
      throw error
    }
    await stage.close()
  }
}
