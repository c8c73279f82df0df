/// A message that still reads the bodies of its previous version.
///
/// A stream may hold messages that are days old, and services of two releases run side by side. When a body's meaning
/// changes, keep the old type, give the new one the next `messageVersion`, and say how the one becomes the other:
///
///     struct PlaceOrder: UpcastableMessage {
///       static let messageVersion = 2
///       let energy: Int64
///       init(upcasting older: PlaceOrderV1) { energy = older.kiloEnergy * 1000 }
///     }
///
/// `Older` has the same `messageType` and the version before, and may be upcastable itself: a handler of version 3
/// takes bodies of versions 1, 2 and 3.
public protocol UpcastableMessage: Message {
  associatedtype Older: Message

  /// Throws what makes the old message unreadable; it is dead-lettered then.
  init(upcasting older: Older) throws
}

extension UpcastableMessage {
  fileprivate static var older: any Message.Type { Older.self }

  fileprivate static func upcast(_ envelope: Envelope) throws -> Self {
    try Self(upcasting: Older.read(envelope))
  }
}

extension Message {
  /// What is wrong with the chain of older versions; nil if nothing is.
  static var versionFault: InvariantViolation? {
    var type: any Message.Type = Self.self
    // Ends, for every step goes down by one version.
    while let upcastable = type as? any UpcastableMessage.Type {
      let older = upcastable.older
      guard older.messageType == messageType else {
        return InvariantViolation(
          "\(type) upcasts \(older), which is \(older.messageType) and not \(messageType): "
            + "give both the same messageType")
      }
      guard older.messageVersion == type.messageVersion - 1 else {
        return InvariantViolation(
          "\(type) is version \(type.messageVersion) and upcasts \(older) of version \(older.messageVersion): "
            + "upcast from version \(type.messageVersion - 1)")
      }
      type = older
    }
    guard type.messageVersion >= 1 else {
      return InvariantViolation("\(type) is version \(type.messageVersion): versions begin at 1")
    }
    return nil
  }

  fileprivate static func read(_ envelope: Envelope) throws -> Self {
    if envelope.version == messageVersion { return try MessageCoder.decode(Self.self, from: envelope.body) }
    guard envelope.version < messageVersion else {
      throw DecodingFailure(field: "ver", value: "\(envelope.version); \(messageType) is known up to \(messageVersion)")
    }
    guard let upcastable = Self.self as? any UpcastableMessage.Type,
      let message = try upcastable.upcast(envelope) as? Self
    else {
      throw DecodingFailure(
        field: "ver", value: "\(envelope.version); \(messageType) is read from version \(messageVersion) on")
    }
    return message
  }
}

extension Envelope {
  /// Its body as a message of the type, upcast if it is of an older version.
  ///
  /// Throws `DecodingFailure` for a body that cannot be read and for a version that is newer than the type or older
  /// than every type it upcasts, and `InvariantViolation` when those do not fit together.
  public func message<M: Message>(as type: M.Type) throws -> M {
    if version != M.messageVersion, let fault = M.versionFault { throw fault }
    return try M.read(self)
  }
}
