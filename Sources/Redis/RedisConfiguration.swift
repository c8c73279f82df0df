/// How a connection reaches its server. The description never shows the password.
public struct RedisConfiguration: Sendable {
  /// Where the server listens.
  public var address: RedisAddress
  /// The ACL user; without it the password is that of the `default` user.
  public var user: String?
  /// Never shown. nil: none is asked for.
  public var password: String?
  /// How long opening the socket may take.
  public var connectTimeout: Duration
  /// The longest silence of the server while a reply is due. A connection that sends blocking commands
  /// (`XREADGROUP … BLOCK 1000`) needs more than their block time.
  public var replyTimeout: Duration
  /// What `CLIENT LIST` shows for the connection; blanks are not allowed by Redis and become `-`.
  public var clientName: String
  /// The most commands that may wait for a reply; one more is refused with `.queueFull`.
  public var queueLimit: Int

  public init(
    address: RedisAddress, user: String? = nil, password: String? = nil, connectTimeout: Duration = .seconds(2),
    replyTimeout: Duration = .seconds(5), clientName: String = "energy", queueLimit: Int = 100_000
  ) {
    self.address = address
    self.user = user
    self.password = password
    self.connectTimeout = connectTimeout
    self.replyTimeout = replyTimeout
    self.clientName = clientName
    self.queueLimit = queueLimit
  }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    "\(address), user \(user ?? "default"), password \(password == nil ? "none" : "•••"), name \(clientName)"
  }

  public var debugDescription: String { description }

  /// `dump` and string interpolation of containers read the mirror, so it hides the password as well.
  public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
