/// A typed message on the bus. Its JSON form is the body of an envelope; everything the bus itself needs stands beside
/// it.
public protocol Message: Codable, Sendable {
  /// The name on the wire, `owner.Name`, e.g. `order.PlaceOrder`. Never reused for another meaning.
  static var messageType: String { get }
  static var topic: Topic { get }
  /// From 1; grows when the body's meaning changes. A consumer that does not know a version yet hands the message
  /// back, and reads older ones if the type is an `UpcastableMessage`. A field that is merely added is optional and
  /// changes no version.
  static var messageVersion: Int { get }
  /// Messages of one key go to one partition.
  var messageKey: String { get }
}

extension Message {
  /// The first.
  public static var messageVersion: Int { 1 }
}

/// A fact about an aggregate. Order between messages is not promised: a consumer ignores an event whose `seq` is not
/// greater than the last one it has seen of that aggregate.
public protocol Event: Message {
  var aggregate: String { get }
  var seq: Int64 { get }
}

extension Event {
  public var messageKey: String { aggregate }
}

/// A question with an answer. It changes nothing, has no inbox and no outbox, and is dropped when its deadline has
/// passed.
public protocol Query: Message {
  associatedtype Reply: Codable & Sendable
  /// What the answerer may throw, beside `QueryFailure`, to reach the asker as the same value. As JSON it crosses the
  /// wire: keep it as stable as a message.
  associatedtype Failure: Error & Codable & Sendable = Never
}
