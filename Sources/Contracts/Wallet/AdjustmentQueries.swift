import BusKit
import Foundation

/// What operators booked by hand or want booked, the latest first, at most `AdjustmentList.countMax`.
public struct ListAdjustments: Query {
  public typealias Reply = AdjustmentList
  public static let messageType = "wallet.ListAdjustments"
  public static let topic = Topic.walletQueries
  /// Only this one.
  public let id: String?
  /// Only those that wait for a second operator.
  public let isWaiting: Bool
  public var messageKey: String { id ?? "adjustments" }
  public init(id: String? = nil, isWaiting: Bool) {
    self.id = id
    self.isWaiting = isWaiting
  }
}

public struct AdjustmentList: Codable, Sendable, Equatable {
  public static let countMax = 100
  public let adjustments: [AdjustmentView]
  public init(adjustments: [AdjustmentView]) { self.adjustments = adjustments }
}

public struct AdjustmentView: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// For a second operator.
    case waiting
    case done
    case rejected
    /// It was not possible, when it was asked for or when it was agreed to.
    case refused
    /// Nobody decided in time.
    case expired
  }

  /// The key of the operator who asked.
  public let id: String
  public let request: AdjustmentRequest
  public let state: State
  /// What came of it, in words.
  public let detail: String
  public let asked: OperatorAction
  /// Who agreed or rejected.
  public let decision: OperatorAction?
  public let createdAt: Date
  public let expiresAt: Date
  public init(
    id: String, request: AdjustmentRequest, state: State, detail: String, asked: OperatorAction,
    decision: OperatorAction?, createdAt: Date, expiresAt: Date
  ) {
    self.id = id
    self.request = request
    self.state = state
    self.detail = detail
    self.asked = asked
    self.decision = decision
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }
}
