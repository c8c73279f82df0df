/// A place on the chain: how far a node has come, or up to where something is known.
public struct ChainPoint: Hashable, Sendable {
  public let number: Int64
  /// Milliseconds of chain time.
  public let timestamp: Int64

  public init(number: Int64, timestamp: Int64) {
    self.number = number
    self.timestamp = timestamp
  }
}

extension ChainBlock {
  public var point: ChainPoint { ChainPoint(number: number, timestamp: timestamp) }
}
