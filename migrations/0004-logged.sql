-- `UntoldCertificate[]`: logged for the host and not judged; made with `forecasts`.
alter table standing add column untold json;
