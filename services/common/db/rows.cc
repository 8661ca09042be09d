#include "common/db/rows.h"

#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>

#include <utility>

namespace edudelta::db {

Prepared::Prepared(sql::PreparedStatement* owned) : statement(owned) {}
Prepared::~Prepared() = default;

Rows::Impl::Impl(std::shared_ptr<Prepared> prepared, sql::ResultSet* result)
    : prepared_(std::move(prepared)), result_(result) {
  prepared_->busy = true;
}

Rows::Impl::~Impl() {
  result_.reset();
  prepared_->busy = false;
  if (bytes_ > kMostKept) prepared_->statement.reset();
}

Rows::Rows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

bool Rows::Next() { return impl_->result().next(); }
bool Rows::IsNull(int column) const { return impl_->result().isNull(column + 1); }
int64_t Rows::Int(int column) const { return impl_->result().getInt64(column + 1); }
double Rows::Double(int column) const { return static_cast<double>(impl_->result().getDouble(column + 1)); }

std::string Rows::Text(int column) const {
  const sql::SQLString text = impl_->result().getString(column + 1);
  impl_->Count(text.length());
  return text.asStdString();
}

}  // namespace edudelta::db
