import ArgumentParser
import Contracts

extension CustomerID {
  /// - Throws: `ValidationError` for what cannot be a customer's id.
  init(argument text: String) throws {
    guard let customer = CustomerID(parsing: text) else {
      throw ValidationError("--customer is '\(text)': ids begin with cus_ and go on with letters and digits")
    }
    self = customer
  }
}

extension OrderID {
  /// - Parameter name: the option's; nil for an argument.
  /// - Throws: `ValidationError` for what is no order's id.
  init(argument text: String, _ name: String? = nil) throws {
    guard let order = OrderID(parsing: text) else {
      let what = name.map { "\($0) is '\(text)'" } ?? "'\(text)' is not an order id"
      throw ValidationError("\(what): it is ord_ and 32 hex digits")
    }
    self = order
  }
}
